//! The browser's cookies: kept by host, sent by path. Enough for a login; nothing is written to disk.

#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
}

impl Cookies {
    /// The header for a request, if any cookie fits.
    pub(super) fn header(&self, host: &str, path: &str) -> Option<String> {
        let fitting = self.0.iter().filter(|cookie| cookie.host == host && path.starts_with(&cookie.path));
        let pairs: Vec<_> = fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Follows one `Set-Cookie` header.
    pub(super) fn keep(&mut self, host: &str, set_cookie: &str) {
        let mut parts = set_cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (mut path, mut gone) = ("/".to_owned(), value.is_empty());
        for (attribute, value) in parts.filter_map(|part| part.split_once('=')) {
            match attribute.to_ascii_lowercase().as_str() {
                "path" => value.clone_into(&mut path),
                "max-age" => gone |= value.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                "expires" => gone |= value.contains("1970"),
                _ => {}
            }
        }
        self.0.retain(|cookie| cookie.host != host || cookie.path != path || cookie.name != name);
        if !gone {
            self.0.push(Cookie { host: host.into(), path, name: name.into(), value: value.into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_dropped() {
        let mut cookies = Cookies::default();
        cookies.keep("a", "x=1; Path=/in; HttpOnly");
        cookies.keep("a", "y=2");
        assert_eq!(cookies.header("a", "/in/side").as_deref(), Some("x=1; y=2"));
        assert_eq!(cookies.header("a", "/").as_deref(), Some("y=2"));
        assert_eq!(cookies.header("b", "/"), None);
        cookies.keep("a", "x=3; path=/in");
        cookies.keep("a", "y=; Max-Age=0");
        assert_eq!(cookies.header("a", "/in").as_deref(), Some("x=3"));
        cookies.keep("a", "x=4; Path=/in; expires=Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(cookies.header("a", "/in"), None);
    }
}
