//! What does not compile. Each proof is two documentation tests: the right use, which compiles, and the same with one more
//! line, which does not. Only that line can be the reason; the error code says which reason is meant.
//!
//! `cargo test -p relyingparty --doc proofs`; with `RUSTC_BOOTSTRAP=1`, rustdoc compares the codes too.

macro_rules! does_not_compile {
    ($($name:ident $code:literal ($given:literal) $good:literal $bad:literal)+) => {$(
        #[doc = concat!(
            "```no_run\n# use relyingparty::*;\n# fn host(", $given, ") {\n", $good, "\n# }\n```\n",
            "```compile_fail,", $code, "\n# use relyingparty::*;\n# fn host(", $given, ") {\n", $good, "\n", $bad, "\n# }\n```",
        )]
        mod $name {}
    )+};
}

// Single use is a move.
does_not_compile! {
    e1_a_pending_login_serves_one_callback "E0382"
        ("client: Client, login: PendingLogin, response: CallbackParams, now: Timestamp")
        "let _ = client.callback(login, &response, now);"
        "let _ = client.callback(login, &response, now);"
    e1_a_pending_login_is_not_cloned "E0599"
        ("login: PendingLogin")
        "let _: &PendingLogin = &login;"
        "let _: PendingLogin = login.clone();"
    b10_an_authorization_code_serves_one_exchange "E0382"
        ("client: Client, code: AuthorizationCode")
        "let _ = client.exchange(code);"
        "let _ = client.exchange(code);"
    b10_an_authorization_code_is_not_cloned "E0599"
        ("code: AuthorizationCode")
        "let _: &AuthorizationCode = &code;"
        "let _: AuthorizationCode = code.clone();"
    e12_a_flow_is_resumed_once "E0382"
        ("flow: Exchange, reply: Reply, cache: &mut Cache, now: Timestamp")
        "let _ = flow.resume(reply, cache, now);"
        "let _ = flow.resume(Reply::Verified(true), cache, now);"
    e12_a_flow_is_not_cloned "E0599"
        ("flow: Exchange")
        "let _: &Exchange = &flow;"
        "let _: Exchange = flow.clone();"
    e14_one_draw_serves_one_login "E0382"
        ("client: Client, request: AuthorizeRequest, draw: Entropy, now: Timestamp")
        "let _ = client.authorize(&request, draw, now);"
        "let _ = client.authorize(&request, draw, now);"
    e14_a_draw_is_not_cloned "E0599"
        ("draw: Entropy")
        "let _: &Entropy = &draw;"
        "let _: Entropy = draw.clone();"
}

// Holding one is the proof: nothing but the checks makes one.
does_not_compile! {
    a17_a_session_is_not_made "E0423"
        ("session: Session")
        "let _: Session = session;"
        "let _ = Session(todo!());"
    a17_a_session_has_no_default "E0277"
        ("session: Session")
        "let _: Session = session;"
        "fn made<T: Default>() -> T { T::default() } let _: Session = made();"
    a17_a_session_is_not_deserialized "E0277"
        ("session: Session")
        "let _: Session = session;"
        "let _: Session = serde_json::from_str(\"{}\").unwrap();"
    a17_claims_are_not_made "E0423"
        ("claims: IdTokenClaims")
        "let _: IdTokenClaims = claims;"
        "let _ = IdTokenClaims(todo!());"
    a17_claims_are_not_deserialized "E0277"
        ("claims: IdTokenClaims")
        "let _: IdTokenClaims = claims;"
        "let _: IdTokenClaims = serde_json::from_str(\"{}\").unwrap();"
    a17_claims_are_not_changed "E0596"
        ("claims: &mut IdTokenClaims")
        "let _ = claims.as_map().get(\"sub\");"
        "claims.as_map().clear();"
    a17_userinfo_is_not_made "E0451"
        ("info: UserInfo")
        "let _: UserInfo = info;"
        "let _ = UserInfo { claims: todo!(), sub: todo!(), trace: todo!() };"
    a17_an_authorization_code_is_not_made "E0451"
        ("code: AuthorizationCode")
        "let _: AuthorizationCode = code;"
        "let _ = AuthorizationCode { code: todo!(), login: todo!(), trace: todo!() };"
    a17_a_token_is_not_taken_apart "E0603"
        ("client: Client")
        "let _: Client = client;"
        "let _ = relyingparty::jose::Jws::parse(\"\");"
    a4_none_has_no_name "E0599"
        ("")
        "let _ = Alg::Es256;"
        "let _ = Alg::None;"
    b12_userinfo_is_asked_for_a_session "E0308"
        ("client: Client, session: Session")
        "let _ = client.userinfo(&session);"
        "let _ = client.userinfo(\"access token\");"
    a17_a_grant_is_not_made "E0423"
        ("grant: Grant")
        "let _: Grant = grant;"
        "let _ = Grant(todo!());"
    a17_a_grant_has_no_default "E0277"
        ("grant: Grant")
        "let _: Grant = grant;"
        "fn made<T: Default>() -> T { T::default() } let _: Grant = made();"
    a17_a_grant_is_not_deserialized "E0277"
        ("grant: Grant")
        "let _: Grant = grant;"
        "let _: Grant = serde_json::from_str(\"{}\").unwrap();"
    b12_a_grant_is_not_a_session "E0308"
        ("session: Session, grant: Grant")
        "let _: (Session, &Grant) = (session, &grant);"
        "let _: Session = grant;"
    b12_a_grant_does_not_become_a_session "E0277"
        ("session: Session, grant: Grant")
        "let _: (Session, &Grant) = (session, &grant);"
        "let _: Session = grant.into();"
    b12_a_session_does_not_become_a_grant "E0277"
        ("session: Session")
        "let _: &Grant = session.grant();"
        "let _: Grant = session.into();"
    b12_a_grant_names_no_end_user "E0599"
        ("session: Session")
        "let _ = session.claims(); let grant: &Grant = session.grant();"
        "let _ = grant.claims();"
    b12_userinfo_is_not_asked_for_a_grant "E0308"
        ("client: Client, session: Session, grant: Grant")
        "let _ = client.userinfo(&session); let _: &Grant = &grant;"
        "let _ = client.userinfo(&grant);"
    f9_an_access_token_is_not_put_into_a_session "E0616"
        ("session: Session")
        "let _: Option<&str> = session.access_token();"
        "let _ = session.0;"
}

// What was put together stays as it is.
does_not_compile! {
    d10_a_client_does_not_change "E0594"
        ("client: Client")
        "let _ = &client.registration().redirect_uri;"
        "client.registration().redirect_uri = String::new();"
    d10_a_provider_has_no_setter "E0594"
        ("mut client: Client, other: Provider")
        "let _: &Provider = client.provider();"
        "*client.provider() = other;"
    e10_a_login_does_not_choose_its_redirect_uri "E0609"
        ("mut request: AuthorizeRequest")
        "request.return_to = None;"
        "request.redirect_uri = None;"
}

// A secret does not show, and is not compared with an operator that stops at the first difference.
does_not_compile! {
    f7_a_secret_has_no_display "E0277"
        ("secret: Secret")
        "let _ = format!(\"{secret:?}\");"
        "let _ = format!(\"{secret}\");"
    f7_a_secret_is_not_serialized "E0277"
        ("secret: Secret")
        "let _ = serde_json::to_string(secret.expose());"
        "let _ = serde_json::to_string(&secret);"
    f7_a_session_is_not_serialized_by_the_way "E0277"
        ("session: Session")
        "let _ = serde_json::to_string(&session.encode());"
        "let _ = serde_json::to_string(&session);"
    f7_a_grant_is_not_serialized "E0277"
        ("grant: Grant")
        "let _ = serde_json::to_string(&grant.access_token());"
        "let _ = serde_json::to_string(&grant);"
    f7_a_grant_has_no_display "E0277"
        ("grant: Grant")
        "let _ = format!(\"{grant:?}\");"
        "let _ = format!(\"{grant}\");"
    f7_a_pending_login_is_not_serialized_by_the_way "E0277"
        ("login: PendingLogin")
        "let _ = serde_json::to_string(&login.encode());"
        "let _ = serde_json::to_string(&login);"
    f7_a_session_has_no_display "E0277"
        ("session: Session")
        "let _ = format!(\"{session:?}\");"
        "let _ = format!(\"{session}\");"
    a25_secrets_are_not_compared_with_an_operator "E0369"
        ("secret: Secret, other: Secret")
        "let _ = (&secret, &other);"
        "let _ = secret == other;"
}

#[cfg(feature = "sealed")]
does_not_compile! {
    e14_one_draw_seals_one_session "E0382"
        ("client: Client, session: Session, draw: Entropy")
        "let _ = client.seal(&session, draw);"
        "let _ = client.seal(&session, draw);"
    e14_a_draw_that_sealed_begins_no_login "E0382"
        ("client: Client, session: Session, request: AuthorizeRequest, draw: Entropy, now: Timestamp")
        "let _ = client.seal(&session, draw);"
        "let _ = client.authorize(&request, draw, now);"
    a17_a_grant_is_not_sealed_as_a_session "E0308"
        ("client: Client, session: Session, grant: Grant, draw: Entropy")
        "let _: (Session, Grant) = (session, grant.clone());"
        "let _ = client.seal(&grant, draw);"
    f7_sealing_keys_have_no_display "E0277"
        ("keys: SealingKeys")
        "let _ = format!(\"{keys:?}\");"
        "let _ = format!(\"{keys}\");"
    f7_sealing_keys_are_not_serialized "E0277"
        ("client: Client, keys: SealingKeys")
        "let _: Client = client.with_sealing_keys(keys.clone());"
        "let _ = serde_json::to_string(&keys);"
    f7_sealing_keys_are_not_handed_out "E0624"
        ("client: Client")
        "let _ = client.registration();"
        "let _ = client.sealing_keys();"
    a25_sealing_keys_are_not_compared_with_an_operator "E0369"
        ("keys: SealingKeys, other: SealingKeys")
        "let _ = (&keys, &other);"
        "let _ = keys == other;"
}

#[cfg(feature = "signing")]
does_not_compile! {
    e14_one_draw_signs_for_one_verb "E0382"
        ("client: Client, session: Session, draw: Entropy, cache: &Cache, now: Timestamp")
        "let _ = client.proving(draw, cache, now).refresh(&session);"
        "let _ = client.proving(draw, cache, now).refresh(&session);"
    e14_what_proves_serves_one_verb "E0382"
        ("proving: Proving<'_>, session: Session")
        "let _ = proving.refresh(&session);"
        "let _ = proving.userinfo(&session);"
    f7_a_signing_key_has_no_display "E0277"
        ("key: SigningKey")
        "let _ = format!(\"{key:?}\");"
        "let _ = format!(\"{key}\");"
    f7_a_signing_key_is_not_serialized "E0277"
        ("key: SigningKey")
        "let _ = serde_json::to_string(&key.public_jwk());"
        "let _ = serde_json::to_string(&key);"
    f7_a_signing_key_signs_nothing_of_the_hosts "E0624"
        ("key: SigningKey")
        "let _ = key.thumbprint();"
        "let _ = key.sign(b\"anything\");"
}
