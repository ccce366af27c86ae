//! The events of an archive, in order.

use super::NarError;

/// Takes a tree as events. One node is [`NarSink::file`], [`NarSink::data`]…, [`NarSink::file_end`]; or
/// [`NarSink::symlink`]; or [`NarSink::directory`], then per entry [`NarSink::entry`], a node, [`NarSink::entry_end`], and
/// at last [`NarSink::directory_end`]. Producers guarantee names that are sorted, distinct, and single path components.
pub trait NarSink {
    /// A regular file of `size` bytes begins.
    fn file(&mut self, executable: bool, size: u64) -> Result<(), NarError>;
    fn data(&mut self, bytes: &[u8]) -> Result<(), NarError>;
    fn file_end(&mut self) -> Result<(), NarError>;
    fn symlink(&mut self, target: &[u8]) -> Result<(), NarError>;
    fn directory(&mut self) -> Result<(), NarError>;
    fn entry(&mut self, name: &[u8]) -> Result<(), NarError>;
    fn entry_end(&mut self) -> Result<(), NarError>;
    fn directory_end(&mut self) -> Result<(), NarError>;
}

/// Ignores everything; a parser with this sink only checks.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullSink;

impl NarSink for NullSink {
    fn file(&mut self, _: bool, _: u64) -> Result<(), NarError> {
        Ok(())
    }
    fn data(&mut self, _: &[u8]) -> Result<(), NarError> {
        Ok(())
    }
    fn file_end(&mut self) -> Result<(), NarError> {
        Ok(())
    }
    fn symlink(&mut self, _: &[u8]) -> Result<(), NarError> {
        Ok(())
    }
    fn directory(&mut self) -> Result<(), NarError> {
        Ok(())
    }
    fn entry(&mut self, _: &[u8]) -> Result<(), NarError> {
        Ok(())
    }
    fn entry_end(&mut self) -> Result<(), NarError> {
        Ok(())
    }
    fn directory_end(&mut self) -> Result<(), NarError> {
        Ok(())
    }
}

/// Sends every event to both.
pub struct Tee<'a>(pub &'a mut dyn NarSink, pub &'a mut dyn NarSink);

impl NarSink for Tee<'_> {
    fn file(&mut self, executable: bool, size: u64) -> Result<(), NarError> {
        self.0.file(executable, size)?;
        self.1.file(executable, size)
    }
    fn data(&mut self, bytes: &[u8]) -> Result<(), NarError> {
        self.0.data(bytes)?;
        self.1.data(bytes)
    }
    fn file_end(&mut self) -> Result<(), NarError> {
        self.0.file_end()?;
        self.1.file_end()
    }
    fn symlink(&mut self, target: &[u8]) -> Result<(), NarError> {
        self.0.symlink(target)?;
        self.1.symlink(target)
    }
    fn directory(&mut self) -> Result<(), NarError> {
        self.0.directory()?;
        self.1.directory()
    }
    fn entry(&mut self, name: &[u8]) -> Result<(), NarError> {
        self.0.entry(name)?;
        self.1.entry(name)
    }
    fn entry_end(&mut self) -> Result<(), NarError> {
        self.0.entry_end()?;
        self.1.entry_end()
    }
    fn directory_end(&mut self) -> Result<(), NarError> {
        self.0.directory_end()?;
        self.1.directory_end()
    }
}
