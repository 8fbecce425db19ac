//! The settings file: a provider, and the client registered there. OpenIDConnect.jl's file works as it is.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::failure::Failure;

/// Which provider to log in at, and as which client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) post_logout_redirect_uri: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) do_refresh: bool,
    /// Certificates to trust in place of the public ones.
    pub(crate) ca_file: Option<PathBuf>,
    /// What a person should know about this file.
    pub(crate) notes: Vec<String>,
}

impl Settings {
    /// Reads a file; a relative `ca_file` is beside it.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file)
            .map_err(|error| Failure::demo("settings_unreadable", format!("{}: {error}", file.display())))?;
        let mut settings = Self::parse(&text)
            .map_err(|problem| Failure::demo("settings_invalid", format!("{}: {problem}", file.display())))?;
        settings.ca_file = settings.ca_file.map(|ca| file.parent().unwrap_or(Path::new("")).join(ca));
        Ok(settings)
    }

    fn parse(text: &str) -> Result<Self, String> {
        // serde's message quotes no more than a position; the file holds a secret.
        let mut members: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
            format!("not a JSON object (line {}, column {})", error.line(), error.column())
        })?;
        let mut notes = Vec::new();
        members.remove("authority");
        if let Some(pkce) = flag(&mut members, "pkce")?
            && !pkce
        {
            notes.push("pkce: false has no effect: PKCE with S256 is always on".to_owned());
        }
        let settings = Self {
            issuer: text_of(&mut members, "issuer")?.ok_or("issuer is missing")?,
            client_id: text_of(&mut members, "client_id")?.ok_or("client_id is missing")?,
            client_secret: text_of(&mut members, "client_secret")?,
            redirect_uri: text_of(&mut members, "redirect_uri")?,
            post_logout_redirect_uri: text_of(&mut members, "post_logout_redirect_uri")?,
            scopes: scopes(&mut members)?,
            do_refresh: flag(&mut members, "do_refresh")?.unwrap_or(true),
            ca_file: text_of(&mut members, "ca_file")?.map(Into::into),
            notes: Vec::new(),
        };
        notes.extend(members.keys().map(|name| format!("{name} is not a setting and has no effect")));
        Ok(Self { notes, ..settings })
    }
}

/// A string; empty counts as absent.
fn text_of(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(_) => Err(format!("{name} has to be a string")),
    }
}

fn flag(members: &mut Map<String, Value>, name: &str) -> Result<Option<bool>, String> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(_) => Err(format!("{name} has to be true or false")),
    }
}

/// A list, or one string with spaces.
fn scopes(members: &mut Map<String, Value>) -> Result<Option<Vec<String>>, String> {
    match members.remove("scopes") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.split_whitespace().map(Into::into).collect())),
        Some(list) => {
            serde_json::from_value(list).map(Some).map_err(|_| "scopes has to be a list of strings".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_openidconnect_jl_works_as_it_is() {
        let settings = Settings::parse(
            r#"{
                "issuer": "https://your.auth.server/",
                "authority": "https://your.auth.server/.well-known/openid-configuration",
                "client_id": "id",
                "client_secret": "secret",
                "do_refresh": true
            }"#,
        )
        .unwrap();
        assert_eq!(settings.issuer, "https://your.auth.server/");
        assert_eq!(settings.client_secret.as_deref(), Some("secret"));
        assert!(settings.do_refresh);
        assert!(settings.notes.is_empty());
    }

    #[test]
    fn the_template_is_a_settings_file() {
        let settings = Settings::parse(include_str!("../../../../settings.template.json")).unwrap();
        assert!(settings.notes.is_empty(), "{:?}", settings.notes);
    }

    #[test]
    fn pkce_cannot_be_switched_off() {
        let with =
            |pkce| Settings::parse(&format!(r#"{{"issuer":"i","client_id":"c","pkce":{pkce}}}"#)).unwrap();
        assert_eq!(with(true).notes.len(), 0);
        assert!(with(false).notes[0].contains("always on"));
    }

    #[test]
    fn a_misspelt_setting_is_pointed_out() {
        let settings = Settings::parse(r#"{"issuer":"i","client_id":"c","scope":"openid"}"#).unwrap();
        assert!(settings.notes[0].starts_with("scope is not a setting"));
    }

    #[test]
    fn scopes_are_a_list_or_one_string() {
        for scopes in [r#"["openid","email"]"#, r#""openid email""#] {
            let text = format!(r#"{{"issuer":"i","client_id":"c","scopes":{scopes}}}"#);
            assert_eq!(Settings::parse(&text).unwrap().scopes.unwrap(), ["openid", "email"]);
        }
    }

    #[test]
    fn problems_are_named_and_the_secret_is_not() {
        for (text, problem) in [
            (r#"{"client_secret":"canary"}"#, "issuer is missing"),
            (r#"{"issuer":"i","client_secret":"canary"}"#, "client_id is missing"),
            (r#"{"issuer":["canary"]}"#, "issuer has to be a string"),
            (r#"{"client_secret":"canary"#, "not a JSON object"),
        ] {
            let found = Settings::parse(text).unwrap_err();
            assert!(found.contains(problem) && !found.contains("canary"), "{found}");
        }
    }
}
