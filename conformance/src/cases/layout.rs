//! How the file of a case is laid out: a member or element a line, but a header's name and value on one.

use std::io::{Result, Write};

use serde_json::ser::{Formatter, PrettyFormatter};

/// An array directly in another one stays on its line.
#[derive(Default)]
pub(super) struct Layout {
    usual: PrettyFormatter<'static>,
    /// What encloses the present place, the innermost last: whether it is an array.
    arrays: Vec<bool>,
    /// How many of them are on one line.
    inline: usize,
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        let nested = self.arrays.last() == Some(&true);
        self.arrays.push(true);
        if self.inline > 0 || nested {
            self.inline += 1;
            return writer.write_all(b"[");
        }
        self.usual.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.arrays.pop();
        if self.inline > 0 {
            self.inline -= 1;
            return writer.write_all(b"]");
        }
        self.usual.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        if self.inline > 0 {
            return writer.write_all(if first { b"" } else { b", " });
        }
        self.usual.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        if self.inline > 0 { Ok(()) } else { self.usual.end_array_value(writer) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.arrays.push(false);
        self.usual.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.arrays.pop();
        self.usual.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.usual.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.usual.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.usual.end_object_value(writer)
    }
}
