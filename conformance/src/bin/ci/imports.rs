//! What a WebAssembly module asks of its host: the import section, read without a parser crate.

const MAGIC_AND_VERSION: &[u8] = b"\0asm\x01\0\0\0";
const IMPORT_SECTION: u8 = 2;

/// How many imports the module declares, and the first of them as `module.name`; `None` when it declares none.
/// Errs when `wasm` is not a module.
pub(crate) fn imports(wasm: &[u8]) -> Result<Option<(u32, String)>, &'static str> {
    let mut sections = Reader(wasm.strip_prefix(MAGIC_AND_VERSION).ok_or("not a WebAssembly module")?);
    while !sections.0.is_empty() {
        let id = sections.byte()?;
        let mut section = Reader(sections.sized()?);
        if id != IMPORT_SECTION {
            continue;
        }
        let count = section.leb128()?;
        if count == 0 {
            return Ok(None);
        }
        let (module, name) = (section.sized()?, section.sized()?);
        let first = format!("{}.{}", String::from_utf8_lossy(module), String::from_utf8_lossy(name));
        return Ok(Some((count, first)));
    }
    Ok(None)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, &'static str> {
        let (&first, rest) = self.0.split_first().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(first)
    }

    /// Bytes preceded by their number.
    fn sized(&mut self) -> Result<&'a [u8], &'static str> {
        let size = self.leb128()? as usize;
        let (bytes, rest) = self.0.split_at_checked(size).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// An unsigned 32-bit number, seven bits to a byte, the lowest first.
    fn leb128(&mut self) -> Result<u32, &'static str> {
        let mut value = 0;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number is longer than 32 bits")
    }
}

const TRUNCATED: &str = "the module ends in the middle of a section";

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of these sections.
    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut wasm = MAGIC_AND_VERSION.to_vec();
        for (id, body) in sections {
            wasm.extend([*id, u8::try_from(body.len()).unwrap()]);
            wasm.extend(*body);
        }
        wasm
    }

    #[test]
    fn a_module_without_an_import_section_imports_nothing() {
        assert_eq!(imports(&module(&[(1, &[0])])), Ok(None));
        assert_eq!(imports(&module(&[(1, &[0]), (2, &[0])])), Ok(None));
    }

    #[test]
    fn an_import_is_found_behind_other_sections() {
        let wasm = module(&[(0, b"\x04nameany"), (2, b"\x02\x03env\x03now\0\0\x03env\x04rand\0\0")]);
        assert_eq!(imports(&wasm), Ok(Some((2, "env.now".into()))));
    }

    #[test]
    fn a_truncated_module_is_an_error() {
        let wasm = module(&[(2, b"\x01\x03env")]);
        assert!(imports(&wasm).is_err());
        assert!(imports(&wasm[..wasm.len() - 1]).is_err());
        assert!(imports(b"#!/bin/sh").is_err());
    }
}
