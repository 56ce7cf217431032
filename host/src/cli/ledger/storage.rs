//! A ledger's file on a disk.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use interlock_core::ledger::file::Storage;

/// A file that one process writes: the lock is held for as long as it is open.
#[derive(Debug)]
pub(super) struct FileStorage {
    file: File,
    len: u64,
}

impl FileStorage {
    /// Opens a file to write it, and makes it where there is none. The name of a new file is durable before anything is
    /// written into it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process is writing it"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let len = file.metadata()?.len();
        if len == 0 {
            sync_folder(path)?;
        }
        Ok(Self { file, len })
    }
}

/// Makes the names in a file's folder durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Other systems do not open folders, and keep names with the file.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

impl Storage for FileStorage {
    type Error = io::Error;

    fn read(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(offset))?;
        loop {
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.len))?;
        self.file.write_all(bytes)?;
        self.len = self.len.saturating_add(bytes.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.len = len;
        Ok(())
    }
}
