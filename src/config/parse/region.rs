//! The regions of Genesys Cloud, by which its hosts are named.

use url::Url;

use super::Parse;
use crate::config::Region;

/// Each region's name and domain. The list is Genesys'; a region that it does not have yet is given by its two URLs.
const REGIONS: [(&str, &str); 18] = [
    ("us_east_1", "mypurecloud.com"),
    ("us_east_2", "use2.us-gov-pure.cloud"),
    ("us_west_2", "usw2.pure.cloud"),
    ("ca_central_1", "cac1.pure.cloud"),
    ("sa_east_1", "sae1.pure.cloud"),
    ("mx_central_1", "mxc1.pure.cloud"),
    ("eu_west_1", "mypurecloud.ie"),
    ("eu_west_2", "euw2.pure.cloud"),
    ("eu_central_1", "mypurecloud.de"),
    ("eu_central_2", "euc2.pure.cloud"),
    ("eusc_de_east_1", "edee1.eusc-pure.cloud"),
    ("me_central_1", "mec1.pure.cloud"),
    ("ap_south_1", "aps1.pure.cloud"),
    ("ap_northeast_1", "mypurecloud.jp"),
    ("ap_northeast_2", "apne2.pure.cloud"),
    ("ap_northeast_3", "apne3.pure.cloud"),
    ("ap_southeast_1", "apse1.pure.cloud"),
    ("ap_southeast_2", "mypurecloud.com.au"),
];

/// A region, by its name or its domain.
#[derive(Debug)]
pub(in crate::config) struct RegionName;

impl Parse for RegionName {
    type Value = Region;

    fn parse(&self, text: &str) -> Result<Region, String> {
        let found = REGIONS.iter().find(|(name, domain)| [*name, *domain].contains(&text));
        let (_, domain) = found.ok_or_else(|| "no such region".to_owned())?;
        let host = |role: &str| Url::parse(&format!("https://{role}.{domain}")).map_err(|error| error.to_string());
        Ok(Region { api_url: host("api")?, login_url: host("login")? })
    }

    fn allowed(&self) -> String {
        let names: Vec<&str> = REGIONS.iter().map(|(name, _)| *name).collect();
        format!("one of {}, or its domain, such as mypurecloud.com", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_has_its_two_hosts() {
        for (name, domain) in REGIONS {
            let (by_name, by_domain) = (RegionName.parse(name).unwrap(), RegionName.parse(domain).unwrap());
            assert_eq!(by_name, by_domain);
            assert_eq!(by_name.api_url.as_str(), format!("https://api.{domain}/"));
            assert_eq!(by_name.login_url.as_str(), format!("https://login.{domain}/"));
        }
    }

    #[test]
    fn nothing_else_is_a_region() {
        for text in ["", "eu-west-1", "EU_WEST_1", "api.mypurecloud.com", "https://mypurecloud.com", "moon_1"] {
            assert!(RegionName.parse(text).is_err(), "{text}");
        }
    }
}
