//! [`Index`]: the summaries of all files, and the edges between them in both directions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_hir::import_paths;
use nival_syntax::Name;
use rustc_hash::FxHashMap;

use crate::summary::{Edge, FileSummary};

/// Number of a path that is a file of the workspace or is named in one.
type PathNumber = u32;

/// The files of a workspace as they are on the disk.
#[derive(Debug, Clone, Default)]
pub struct Index {
    roots: Vec<PathBuf>,
    home: Option<PathBuf>,
    numbers: FxHashMap<Arc<Path>, PathNumber>,
    paths: Vec<Node>,
    files: usize,
}

/// A path, the file that may be there, and who names it.
#[derive(Debug, Clone)]
struct Node {
    path: Arc<Path>,
    file: Option<File>,
    /// Which edge of which file.
    callers: Vec<(PathNumber, u32)>,
}

#[derive(Debug, Clone)]
struct File {
    summary: Arc<FileSummary>,
    /// Where its edges lead, one for each.
    targets: Box<[Option<PathNumber>]>,
}

/// Who reaches a file, and how.
#[derive(Debug, Clone)]
pub struct Caller {
    pub path: Arc<Path>,
    pub summary: Arc<FileSummary>,
    /// Index into the edges of `summary`.
    pub edge: u32,
}

impl Caller {
    pub fn edge(&self) -> Option<&Edge> {
        self.summary.edges.get(self.edge as usize)
    }
}

impl Index {
    pub fn new(roots: Vec<PathBuf>, home: Option<PathBuf>) -> Index {
        Index { roots, home, ..Index::default() }
    }

    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// How many files it knows.
    pub fn len(&self) -> usize {
        self.files
    }

    pub fn is_empty(&self) -> bool {
        self.files == 0
    }

    fn number(&mut self, path: &Path) -> PathNumber {
        if let Some(&number) = self.numbers.get(path) {
            return number;
        }
        let number = self.paths.len() as PathNumber;
        let path: Arc<Path> = path.into();
        self.numbers.insert(Arc::clone(&path), number);
        self.paths.push(Node { path, file: None, callers: Vec::new() });
        number
    }

    /// What a file is from now on; `None` takes it out.
    pub fn set(&mut self, path: &Path, summary: Option<FileSummary>) {
        let number = self.number(path);
        let former = self.paths.get_mut(number as usize).and_then(|node| node.file.take());
        if let Some(former) = former {
            self.files -= 1;
            for target in former.targets.iter().flatten() {
                if let Some(node) = self.paths.get_mut(*target as usize) {
                    node.callers.retain(|caller| caller.0 != number);
                }
            }
        }
        let Some(summary) = summary else { return };
        self.files += 1;
        let mut targets = Vec::with_capacity(summary.edges.len());
        for (index, edge) in summary.edges.iter().enumerate() {
            let target = resolve(path, edge, self.home.as_deref()).map(|target| self.number(&target));
            if let Some(node) = target.and_then(|target| self.paths.get_mut(target as usize)) {
                node.callers.push((number, index as u32));
            }
            targets.push(target);
        }
        if let Some(node) = self.paths.get_mut(number as usize) {
            node.file = Some(File { summary: Arc::new(summary), targets: targets.into() });
        }
    }

    fn node(&self, path: &Path) -> Option<&Node> {
        self.paths.get(*self.numbers.get(path)? as usize)
    }

    pub fn get(&self, path: &Path) -> Option<&Arc<FileSummary>> {
        self.node(path)?.file.as_ref().map(|file| &file.summary)
    }

    /// All files, in no certain order.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<Path>, &Arc<FileSummary>)> {
        self.paths.iter().filter_map(|node| Some((&node.path, &node.file.as_ref()?.summary)))
    }

    /// The files below a folder, and the one at the path itself.
    pub fn files_below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = (&'a Arc<Path>, &'a Arc<FileSummary>)> {
        self.files().filter(move |(path, _)| path.starts_with(folder))
    }

    /// Who names exactly this path.
    pub(crate) fn naming(&self, path: &Path) -> impl Iterator<Item = Caller> + '_ {
        let callers = self.node(path).map_or(&[][..], |node| &node.callers);
        callers.iter().filter_map(|&(from, edge)| {
            let from = self.paths.get(from as usize)?;
            Some(Caller { path: Arc::clone(&from.path), summary: Arc::clone(&from.file.as_ref()?.summary), edge })
        })
    }

    /// Bytes that the index takes, without the names, which are the process's.
    pub fn memory(&self) -> usize {
        let summary = |s: &FileSummary| {
            let paths: usize = s.edges.iter().map(|edge| edge.path.len()).sum();
            size_of::<FileSummary>()
                + size_of_val(&*s.edges)
                + paths
                + size_of_val(&*s.symbols)
                + size_of_val(&*s.names)
                + size_of_val(&*s.formals)
        };
        let node = |node: &Node| {
            let file = node.file.as_ref().map_or(0, |file| summary(&file.summary) + size_of_val(&*file.targets));
            size_of::<Node>() + node.path.as_os_str().len() + 16 + node.callers.capacity() * 8 + file
        };
        self.paths.iter().map(node).sum::<usize>() + self.numbers.capacity() * 24
    }
}

impl FileSummary {
    /// Whether it says the name of an attribute anywhere.
    pub fn mentions(&self, name: Name) -> bool {
        self.names.binary_search(&name).is_ok()
    }

    /// The names of a symbol and those that it is in, outermost first.
    pub fn attr_path(&self, symbol: u32) -> Vec<Name> {
        let at = |index: u32| self.symbols.get(index as usize);
        // A parent has a smaller index.
        let chain = std::iter::successors(Some(symbol), |&index| at(index)?.parent.filter(|&parent| parent < index));
        let mut names: Vec<Name> = chain.filter_map(|index| Some(at(index)?.name)).collect();
        names.reverse();
        names
    }
}

/// The absolute path that an edge of a file means.
pub fn resolve(from: &Path, edge: &Edge, home: Option<&Path>) -> Option<PathBuf> {
    import_paths::absolute(from, edge.base, &edge.path, || home.map(Path::to_owned))
}
