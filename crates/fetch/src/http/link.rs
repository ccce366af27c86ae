//! The `Link` header by which a server names a URL that will always give the same:
//! `Link: <https://…/x.tar.gz?rev=…>; rel="immutable"`.

/// The target of a link whose relation is `immutable`.
pub fn immutable(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let (parameters, next) = after.split_once(",").unwrap_or((after, ""));
        let is_immutable = parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').split_ascii_whitespace().any(|rel| rel == "immutable")
        });
        if is_immutable {
            return Some(target.to_owned());
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::immutable;

    #[test]
    fn links() {
        let check = |header: &str, expected: Option<&str>| assert_eq!(immutable(header).as_deref(), expected, "{header}");
        check("<http://x/y>; rel=\"immutable\"", Some("http://x/y"));
        check("<http://x/y>;rel=immutable", Some("http://x/y"));
        check("<http://x/a>; rel=\"next\", <http://x/y>; rel=\"immutable\"", Some("http://x/y"));
        check("<http://x/y>; rel=\"canonical\"", None);
        check("", None);
        check("<x", None);
    }
}
