//! Certificates that are replaced while the service runs.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_resumption::listener::{Settings, Times, Tls, TlsError};
use tokio::time::timeout;

use crate::certificates::{Authority, Place};
use crate::door::{Door, call, shake, shown};
use crate::served::{PATIENT, SOON, Served, patient};

fn served(place: &Place, times: Times) -> (Served, Arc<Tls>) {
    let tls = Arc::new(place.load().unwrap());
    (Served::start(Settings { tls: Some(Arc::clone(&tls)), times, ..patient() }), tls)
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_no_call_fails_and_the_old_connection_goes_on() {
    let authority = Authority::new();
    let place = Place::new();
    let first = authority.issue();
    place.put(&first);
    let (served, tls) = served(&place, PATIENT);
    let mut old = shake(&served, &authority).await;
    assert_eq!(shown(&old), first.der);

    let enough = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = [Door::Https1, Door::Https2, Door::Https1, Door::Https2]
        .into_iter()
        .enumerate()
        .map(|(number, door)| {
            let (url, enough) = (door.url(&served, "/who"), Arc::clone(&enough));
            let kept = door.client(&authority, None);
            let fresh: Vec<_> = (0..8).map(|_| door.client(&authority, None)).collect();
            tokio::spawn(async move {
                let mut calls = 0;
                while !enough.load(Ordering::SeqCst) {
                    // Half of them connect anew now and then, the others never.
                    let client = if number < 2 { &kept } else { &fresh[calls % fresh.len()] };
                    client.get(&url).send().await.unwrap().error_for_status().unwrap();
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let mut last = first;
    for _ in 0..10 {
        last = authority.issue();
        place.put(&last);
        assert!(tls.reload().unwrap());
        assert!(!tls.reload().unwrap(), "nothing has changed since");
        call(&mut old).await;
        let mut new = shake(&served, &authority).await;
        assert_eq!(shown(&new), last.der);
        call(&mut new).await;
    }
    enough.store(true, Ordering::SeqCst);
    for task in load {
        assert!(timeout(SOON, task).await.unwrap().unwrap() > 0);
    }
    assert_eq!(shown(&shake(&served, &authority).await), last.der);
}

#[tokio::test]
async fn files_that_are_no_good_change_nothing() {
    let authority = Authority::new();
    let mut place = Place::new();
    let first = authority.issue();
    place.put(&first);
    let ca = place.trust_clients_of(&authority.pem());
    let (served, tls) = served(&place, PATIENT);
    let other = authority.issue();
    let break_it: [&dyn Fn(); 4] = [
        &|| fs::write(&place.files.certificate, &other.certificate).unwrap(),
        &|| fs::write(&place.files.key, "").unwrap(),
        &|| fs::write(&ca, "nothing").unwrap(),
        &|| fs::remove_file(&place.files.certificate).unwrap(),
    ];
    for broken in break_it {
        place.put(&first);
        fs::write(&ca, authority.pem()).unwrap();
        broken();
        tls.reload().unwrap_err();
        assert_eq!(shown(&shake(&served, &authority).await), first.der);
    }
    // The certificate was replaced first, and its key a moment later.
    fs::write(&ca, authority.pem()).unwrap();
    fs::write(&place.files.certificate, &other.certificate).unwrap();
    fs::write(&place.files.key, &first.key).unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Mismatch { .. })));
    fs::write(&place.files.key, &other.key).unwrap();
    assert!(tls.reload().unwrap());
    assert_eq!(shown(&shake(&served, &authority).await), other.der);
}

#[tokio::test]
async fn whom_clients_certificates_are_of_is_read_again_too() {
    let (authority, former, latter) = (Authority::new(), Authority::new(), Authority::new());
    let mut place = Place::new();
    place.put(&authority.issue());
    let ca = place.trust_clients_of(&former.pem());
    let (served, tls) = served(&place, PATIENT);
    let asked = async |clients: &Authority| {
        let pair = clients.issue_to_client();
        let identity = reqwest::Identity::from_pem(format!("{}{}", pair.certificate, pair.key).as_bytes()).unwrap();
        let client = Door::Https2.client(&authority, Some(&identity));
        client.get(Door::Https2.url(&served, "/who")).send().await.is_ok()
    };
    assert!(asked(&former).await && !asked(&latter).await);
    fs::write(ca, latter.pem()).unwrap();
    assert!(tls.reload().unwrap());
    assert!(!asked(&former).await && asked(&latter).await);
}

#[tokio::test]
async fn nobody_has_to_ask_for_it() {
    let authority = Authority::new();
    let place = Place::new();
    place.put(&authority.issue());
    let times = Times { reload: Duration::from_millis(10), ..PATIENT };
    let (served, _tls) = served(&place, times);
    for _ in 0..3 {
        // Broken first: that is not the end of it.
        fs::write(&place.files.key, "").unwrap();
        shake(&served, &authority).await;
        let next = authority.issue();
        place.put(&next);
        let replaced = async { while shown(&shake(&served, &authority).await) != next.der {} };
        timeout(SOON, replaced).await.expect("it is replaced");
    }
}
