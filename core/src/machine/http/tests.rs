use super::*;

fn request() -> HttpRequest {
    let limits = Limits { max_response_bytes: 1_024, timeout_secs: 10 };
    let (url, form) = ("https://op.example/token?x=canary", [("code", "canary")]);
    let mut request = HttpRequest::post_form(Endpoint::Token, url, &form, limits);
    request.headers.push(("authorization".into(), "canary".into()));
    request
}

#[test]
fn f7_debug_shows_no_header_body_or_query() {
    assert_eq!(format!("{:?}", request()), "HttpRequest(token POST https://op.example)");
}

#[test]
fn d6_redirects_are_refused_followed_or_not() {
    for status in [301, 302, 303, 307, 308] {
        let response = HttpResponse::new(status, vec![], vec![]);
        assert_eq!(response.answering(&request()).unwrap_err().code(), "redirect_refused");
    }
    let mut followed = HttpResponse::new(200, vec![], vec![]);
    followed.final_url = Some("https://elsewhere.example/".into());
    assert_eq!(followed.clone().answering(&request()).unwrap_err().code(), "redirect_refused");
    followed.final_url = Some(request().url);
    assert!(followed.answering(&request()).is_ok());
}

#[test]
fn u22_the_url_that_answered_is_compared_as_urls_are_and_no_further() {
    let from = |asked: &str, answered: &str| {
        let limits = Limits { max_response_bytes: 1_024, timeout_secs: 10 };
        let mut response = HttpResponse::new(200, vec![], vec![]);
        response.final_url = Some(answered.into());
        response.answering(&HttpRequest::get(Endpoint::Jwks, asked, limits)).is_ok()
    };
    for (one, other) in [
        ("https://op.example/k?a=b", "https://op.example:443/k?a=b"),
        ("https://op.example/k", "HTTPS://OP.Example/k"),
        ("https://op.example:8443/k", "https://OP.example:8443/k"),
        ("http://127.0.0.1/k", "http://127.0.0.1:80/k"),
        ("http://[::1]:80/k", "http://[::1]/k"),
    ] {
        assert!(from(one, other) && from(other, one), "{one} {other}");
    }
    for (one, other) in [
        ("https://op.example/k", "https://op.example/K"),
        ("https://op.example/k", "https://op.example/k/"),
        ("https://op.example/k", "https://op.example/./k"),
        ("https://op.example/k", "https://op.example/%6b"),
        ("https://op.example/k", "https://op.example/k?"),
        ("https://op.example/k?a=b", "https://op.example/k?A=b"),
        ("https://op.example/k", "https://op.example:80/k"),
        ("https://op.example/k", "http://op.example:443/k"),
        ("https://op.example/k", "https://op.example./k"),
        ("https://op.example/k", "https://op.example:0443/k"),
        ("https://op.example/k", "https://op.example:8443/k"),
        ("https://op.example/k", "https://user@op.example/k"),
        ("https://op.example/k", "https://op.example#/k"),
        ("https://op.example:443/k", "https://op.example:443:443/k"),
        ("https://op.example/k", ""),
    ] {
        assert!(!from(one, other), "{one} {other}");
    }
}

#[test]
fn u22_what_was_asked_for_is_named_without_its_query() {
    let answered = |status: u16, media_type: &str| {
        let headers = vec![("content-type".into(), media_type.into())];
        HttpResponse::new(status, headers, b"{}".to_vec()).answering(&request())
    };
    let redirected = answered(302, "").unwrap_err();
    assert_eq!(redirected.detail("url"), Some("https://op.example/token"));
    let response = answered(503, "text/html").unwrap();
    for error in
        [response.expect_ok(Endpoint::Jwks).unwrap_err(), response.unexpected_content_type(Endpoint::Jwks)]
    {
        assert_eq!(error.detail("url"), Some("https://op.example/token"), "{error}");
    }
}

#[test]
fn f4_size_is_checked_at_the_byte() {
    let limit = request().limits.max_response_bytes;
    assert!(HttpResponse::new(200, vec![], vec![b' '; limit]).answering(&request()).is_ok());
    let error = HttpResponse::new(200, vec![], vec![b' '; limit + 1]).answering(&request()).unwrap_err();
    assert_eq!(error.code(), "response_too_large");
}

#[test]
fn only_declared_json_is_read() {
    let typed = |media_type: &str| {
        HttpResponse::new(200, vec![("Content-Type".into(), media_type.into())], b"{}".to_vec())
    };
    let read = |media_type: &str| {
        let response = typed(media_type);
        response
            .json(Endpoint::Token, &["application/json"], Bounds::USUAL)
            .map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!([read("application/json"), read("Application/JSON; charset=utf-8")], ["ok"; 2]);
    for other in ["text/html", "application/jsonp", ""] {
        assert_eq!(read(other), "unexpected_content_type", "{other}");
    }
}

#[test]
fn cache_control_is_understood() {
    let with =
        |value: &str| HttpResponse::new(200, vec![("Cache-Control".into(), value.into())], vec![]).max_age();
    assert_eq!(with("public, max-age=3600, must-revalidate"), Some(3600));
    assert_eq!(with("max-age=3600, no-cache"), Some(0));
    assert_eq!(with("public"), None);
    assert_eq!(with("max-age=x"), None);
}

#[cfg(feature = "http")]
#[test]
fn requests_and_responses_convert_to_the_http_crate() {
    let converted = http::Request::try_from(request()).unwrap();
    assert_eq!(
        (converted.method().as_str(), converted.body().as_slice()),
        ("POST", b"code=canary".as_slice())
    );
    assert_eq!(converted.headers()["authorization"], "canary");
    let response = http::Response::builder().status(201).header("x-a", "b").body(b"c".to_vec()).unwrap();
    assert_eq!(
        HttpResponse::from(response),
        HttpResponse::new(201, vec![("x-a".into(), "b".into())], b"c".to_vec())
    );
}

#[cfg(feature = "http")]
#[test]
fn u21_the_http_crate_shows_no_header_that_authenticates() {
    for name in ["authorization", "Authorization", "DPoP", "cookie", "Set-Cookie", "proxy-authorization"] {
        let mut request = request();
        request.body = Vec::new();
        request.url = "https://op.example/token".into();
        request.headers = vec![(name.into(), "canary".into()), ("accept".into(), "shown".into())];
        let converted = http::Request::try_from(request).unwrap();
        assert_eq!(converted.headers()[name], "canary");
        let shown = format!("{converted:?} {converted:#?} {:?}", converted.headers());
        assert!(!shown.contains("canary") && shown.contains("shown"), "{name}: {shown}");
    }
}
