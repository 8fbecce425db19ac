//! The command line.

use crate::goals::GROUPS;

pub(crate) const HELP: &str = "\
cargo compare [--only GROUP] [--quick] [--json]   our time beside that of peers, with goals
cargo compare --smoke                             our side alone, a few rounds: whether it runs

  --only GROUP   this group; may be given again
  --quick        a fifth of the rounds
  --json         the last line on standard output is one JSON object
";

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) groups: Vec<&'static str>,
    pub(crate) extent: Extent,
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Full,
    Quick,
    Smoke,
}

impl Extent {
    /// How often each side is timed.
    pub(crate) fn rounds(self) -> usize {
        match self {
            Extent::Full => 1_500,
            Extent::Quick => 300,
            Extent::Smoke => 3,
        }
    }

    /// Whether peers are built and timed.
    pub(crate) fn has_peers(self) -> bool {
        self != Extent::Smoke
    }
}

impl Options {
    /// `None` when help was asked for.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
        let mut options = Options { groups: Vec::new(), extent: Extent::Full, json: false };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--json" => options.json = true,
                "--quick" if options.extent == Extent::Full => options.extent = Extent::Quick,
                "--smoke" if options.extent == Extent::Full => options.extent = Extent::Smoke,
                "--only" => options.groups.push(group(&arguments.next().unwrap_or_default())?),
                other => return Err(format!("{other} is not an option here")),
            }
        }
        if options.groups.is_empty() {
            options.groups = GROUPS.iter().map(|group| group.name).collect();
        }
        Ok(Some(options))
    }
}

fn group(name: &str) -> Result<&'static str, String> {
    let mut names = GROUPS.iter().map(|group| group.name);
    names.clone().find(|group| *group == name).ok_or_else(|| {
        let first = names.next().unwrap_or_default();
        let names = names.fold(first.to_owned(), |names, name| format!("{names}, {name}"));
        format!("--only takes one of: {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(Into::into))
    }

    #[test]
    fn every_option_is_understood() {
        let options = parse("--quick --json --only node --only login").unwrap().unwrap();
        assert_eq!((options.extent, options.json), (Extent::Quick, true));
        assert_eq!(options.groups, ["node", "login"]);
        assert!(parse("--help").unwrap().is_none());
    }

    #[test]
    fn without_only_every_group_runs() {
        assert_eq!(parse("").unwrap().unwrap().groups.len(), GROUPS.len());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for line in ["--only", "--only ruby", "--smoke --quick", "--what"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
