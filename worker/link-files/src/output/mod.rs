//! The output folder: every file complete or not there, none of somebody else's written over.

mod clusters;
mod pairs;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub(crate) use clusters::{push_field, write_clusters};
pub(crate) use pairs::{PairTable, write_pairs};

use crate::report::MADE_BY;
use crate::{LinkFilesError, REPORT_FILE, SetAside};

/// Bytes held before they go to the disk.
const BUFFER_BYTES: usize = 1 << 20;

/// A folder that is being written. Files stand beside their places until [`Self::settle`].
pub(crate) struct Folder {
    path: PathBuf,
    names: Vec<&'static str>,
    /// Files of an earlier output that this one does not have.
    forgotten: Vec<&'static str>,
}

impl Folder {
    /// Opens a folder that is empty, is not there yet, or holds an earlier output.
    pub(crate) fn open(path: &Path, force: bool) -> Result<Self, LinkFilesError> {
        let failed = |cause| LinkFilesError::write(path, cause);
        fs::create_dir_all(path).map_err(failed)?;
        let is_empty = fs::read_dir(path).map_err(failed)?.next().is_none();
        if !(is_empty || force || is_ours(path)) {
            return Err(LinkFilesError::Refused {
                message: format!(
                    "`{}` holds files that are no output of link-files; name another folder, or add `--force` to write \
                     into it all the same",
                    path.display()
                ),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            names: Vec::new(),
            forgotten: Vec::new(),
        })
    }

    /// Writes a file, beside its place for now.
    pub(crate) fn write(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), LinkFilesError> {
        let path = self.unfinished(name);
        let written = create(&path).and_then(|file| {
            let mut buffered = BufWriter::with_capacity(BUFFER_BYTES, file);
            write(&mut buffered)?;
            buffered.flush()
        });
        self.names.push(name);
        written.map_err(|cause| LinkFilesError::write(&self.path.join(name), cause))
    }

    /// The same for a file that is made already.
    pub(crate) fn write_bytes(
        &mut self,
        name: &'static str,
        bytes: &[u8],
    ) -> Result<(), LinkFilesError> {
        self.write(name, |output| output.write_all(bytes))
    }

    /// This output has no such file; one of an earlier output goes when this one is complete.
    pub(crate) fn forget(&mut self, name: &'static str) {
        self.forgotten.push(name);
    }

    /// Moves all files to their places, the report last: where it stands, all others do.
    pub(crate) fn settle(mut self) -> Result<(), LinkFilesError> {
        self.remove(REPORT_FILE)?;
        for name in std::mem::take(&mut self.forgotten) {
            self.remove(name)?;
        }
        self.names.sort_by_key(|name| *name == REPORT_FILE);
        for name in std::mem::take(&mut self.names) {
            let place = self.path.join(name);
            fs::rename(self.unfinished(name), &place)
                .map_err(|cause| LinkFilesError::write(&place, cause))?;
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), LinkFilesError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(LinkFilesError::write(&path, cause))
            }
            _ => Ok(()),
        }
    }

    fn unfinished(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.unfinished"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for name in &self.names {
            // What cannot be taken away does no harm: it is hidden, and the next run writes over it.
            let _ = fs::remove_file(self.unfinished(name));
        }
    }
}

/// Rows set aside, as `file,line,why`.
pub(crate) fn write_set_aside(
    output: &mut impl Write,
    files: &[(&str, &[SetAside])],
) -> io::Result<()> {
    output.write_all(b"file,line,why\n")?;
    for (name, rows) in files {
        let mut file = Vec::new();
        clusters::push_field(&mut file, name);
        for row in *rows {
            output.write_all(&file)?;
            writeln!(output, ",{},\"{}\"", row.line, row.why)?;
        }
    }
    Ok(())
}

/// Readable by its owner only: it names persons' records.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether an earlier run wrote into the folder.
fn is_ours(folder: &Path) -> bool {
    let report = fs::read(folder.join(REPORT_FILE)).ok();
    let report = report.and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    report.is_some_and(|report| report["made_by"] == MADE_BY)
}
