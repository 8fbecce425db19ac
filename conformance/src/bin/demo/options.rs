//! The command line.

use std::path::PathBuf;

pub(crate) const HELP: &str = "\
cargo demo [--port N] [--config FILE]       a web app to log in at, on 127.0.0.1:8888
cargo demo --headless [--json] [--config FILE]
                                            one login without a browser, its trace on standard output

  --config FILE   use the provider and client in this JSON file (see settings.template.json),
                  not the embedded provider
  --port N        another port than 8888; 0 takes a free one
  --headless      drive the browser's part, too; exit 0 after a good login, 1 after a failed one
  --json          with --headless: print one JSON object and nothing else
";

pub(crate) struct Options {
    pub(crate) port: Option<u16>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) mode: Mode,
}

pub(crate) enum Mode {
    Web,
    Headless { json: bool },
}

impl Options {
    /// `None` when help was asked for.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let (mut port, mut config, mut headless, mut json) = (None, None, false, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--headless" => headless = true,
                "--json" => json = true,
                "--config" => config = Some(arguments.next().ok_or("--config needs a file")?.into()),
                "--port" => {
                    let number = arguments.next().ok_or("--port needs a number")?;
                    port = Some(number.parse().map_err(|_| format!("{number} is not a port"))?);
                }
                other => return Err(format!("{other} is not an option")),
            }
        }
        let mode = match (headless, json) {
            (true, json) => Mode::Headless { json },
            (false, false) => Mode::Web,
            (false, true) => return Err("--json goes with --headless".into()),
        };
        Ok(Some(Self { port, config, mode }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(Into::into))
    }

    #[test]
    fn every_option_is_understood() {
        let options = parse("--headless --json --config s.json --port 0").unwrap().unwrap();
        assert!(matches!(options.mode, Mode::Headless { json: true }));
        assert_eq!(options.config, Some("s.json".into()));
        assert_eq!(options.port, Some(0));
        assert!(parse("--help").unwrap().is_none());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for line in ["--json", "--port x", "--port", "--config", "--what"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
