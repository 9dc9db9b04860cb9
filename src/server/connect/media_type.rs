//! The types of bodies, by which requests are told apart.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The type of a body without its parameters, if there is one type, and its text is UTF-8 as far as it says.
pub(in crate::server) fn of(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let mut parts = value.to_str().ok()?.split(';').map(str::trim);
    let essence = parts.next()?.to_ascii_lowercase();
    let charsets = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    let utf8 = charsets.into_iter().all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    utf8.then_some(essence)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn told(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (CONTENT_TYPE, HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn case_and_parameters_do_not_matter_unless_the_text_is_not_utf_8() {
        for (value, expected) in [
            ("application/json", Some("application/json")),
            ("APPLICATION/Json", Some("application/json")),
            ("application/json; charset=utf-8", Some("application/json")),
            ("application/json;charset=\"UTF-8\" ; q=1", Some("application/json")),
            (" application/json ", Some("application/json")),
            ("application/json; charset=latin1", None),
            ("application/json, application/json", Some("application/json, application/json")),
            ("", Some("")),
            (";", Some("")),
        ] {
            assert_eq!(of(&told(&[value])).as_deref(), expected, "{value:?}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
        assert_eq!(of(&told(&["application/json", "application/proto"])), None);
    }
}
