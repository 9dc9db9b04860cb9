//! The port with TLS, as it is configured: its own certificate, those of callers, and both protocols of HTTP on it.

use genesys_sim::{Sim, SimOptions};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, Identity, Version};
use session_resumption::app::App;
use session_resumption::config::Config;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::callers::{KEYS, write};
use crate::support::metrics;

/// An authority and whom it vouches for.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a name, and its key.
    fn vouch(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> (String, String) {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages.push(purpose);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// A service that shows a certificate for `localhost`.
struct Service {
    url: String,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
    sim: Sim,
    _dir: TempDir,
}

impl Service {
    async fn start(servers: &Authority, clients: &Authority) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = SimOptions::default();
        let (id, secret) = (options.client_id.clone(), options.client_secret.clone());
        let sim = Sim::start(options).await.unwrap();
        let url = sim.url();
        let (certificate, key) = servers.vouch("localhost", ExtendedKeyUsagePurpose::ServerAuth);
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let settings = [
            ("server.listen", "127.0.0.1:0".to_owned()),
            ("server.admin_listen", "127.0.0.1:0".to_owned()),
            ("genesys.profile", "guide".to_owned()),
            ("genesys.api_url", url.clone()),
            ("genesys.login_url", url),
            ("genesys.client_id", id),
            ("genesys.client_secret", secret),
            ("auth.callers_file", write(&dir, &KEYS).to_str().unwrap().to_owned()),
            ("tls.certificate_file", file("cert.pem", &certificate)),
            ("tls.key_file", file("key.pem", &key)),
            ("tls.client_ca_file", file("clients.pem", &clients.pem)),
        ];
        let environment = settings
            .map(|(key, value)| (format!("SESSION_RESUMPTION__{}", key.to_uppercase().replace('.', "__")), value));
        let app = App::bind(Config::load(None, environment).unwrap(), metrics()).await.unwrap();
        let url = format!("https://localhost:{}", app.addr().port());
        let stop = CancellationToken::new();
        let health = app.health().clone();
        let running = tokio::spawn(app.run(stop.clone().cancelled_owned()));
        health.ready().await;
        Self { url, stop, running, sim, _dir: dir }
    }

    /// How a client is answered that asks for a session nobody has.
    async fn ask(&self, client: Client, key: Option<&str>) -> Result<(Version, u16), reqwest::Error> {
        let url = format!("{}/sessionresumption.v1.SessionResumption/ConfirmReattach", self.url);
        let mut request = client.post(url).header("content-type", "application/json").body("{}");
        if let Some(key) = key {
            request = request.header("x-api-key", key);
        }
        let answer = request.send().await?;
        Ok((answer.version(), answer.status().as_u16()))
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        self.sim.stop().await;
    }
}

fn client(trusts: &Authority, shows: Option<(String, String)>) -> reqwest::ClientBuilder {
    let client = Client::builder().tls_certs_only([Certificate::from_pem(trusts.pem.as_bytes()).unwrap()]);
    match shows {
        Some((certificate, key)) => {
            client.identity(Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap())
        }
        None => client,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_known_by_what_they_show_over_tls() {
    let (servers, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let service = Service::start(&servers, &clients).await;
    let of = |authority: &Authority, name: &str| Some(authority.vouch(name, ExtendedKeyUsagePurpose::ClientAuth));
    let key = Some(KEYS[0].1);
    let known = client(&servers, of(&clients, "backend.example")).build().unwrap();
    assert_eq!(
        service.ask(known.clone(), None).await.unwrap(),
        (Version::HTTP_2, 400),
        "let in, and told what is wrong"
    );
    let old = client(&servers, of(&clients, "backend.example")).http1_only().build().unwrap();
    assert_eq!(service.ask(old, None).await.unwrap(), (Version::HTTP_11, 400));
    let unnamed = client(&servers, of(&clients, "other.example")).build().unwrap();
    assert_eq!(service.ask(unnamed.clone(), None).await.unwrap().1, 401, "vouched for, but nobody we know");
    assert_eq!(service.ask(unnamed, key).await.unwrap().1, 400, "a key counts, whatever comes along");
    let nobody = client(&servers, None).build().unwrap();
    assert_eq!(
        service.ask(nobody.clone(), None).await.unwrap().1,
        401,
        "loopback is not trusted where callers are named"
    );
    assert_eq!(service.ask(nobody, key).await.unwrap().1, 400);
    let strange = client(&servers, of(&strangers, "backend.example")).build().unwrap();
    assert!(service.ask(strange, None).await.is_err(), "a certificate of an authority that we do not trust");
    service.stop().await;
}
