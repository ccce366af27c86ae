//! Where a module lies in memory.

use super::{Module, Param};

impl Module {
    /// Calls `visit` with the addresses of each run of memory that the module owns, the end excluded, in no order.
    pub fn each_allocation(&self, mut visit: impl FnMut(usize, usize)) {
        fn run<T>(items: &[T]) -> (usize, usize) {
            let range = items.as_ptr_range();
            (range.start as usize, range.end as usize)
        }
        let mut add = |(start, end): (usize, usize)| {
            if start < end {
                visit(start, end);
            }
        };
        add(run(std::slice::from_ref(self)));
        add(run(&self.exprs));
        add(run(&self.lists));
        self.consts.each_allocation(|start, end| add((start, end)));
        add(run(&self.lambdas));
        for lambda in &self.lambdas {
            add(run(&lambda.params));
            if let Some(Param::Pattern(pattern)) = lambda.params.last() {
                add(run(std::slice::from_ref(&**pattern)));
                add(run(&pattern.formals));
            }
        }
        add(run(&self.attrsets));
        for set in &self.attrsets {
            add(run(&set.attrs));
            add(run(&set.dynamic));
            add(run(&set.sources));
        }
        add(run(&self.lets));
        for lets in &self.lets {
            add(run(&lets.sources));
            add(run(&lets.defs));
        }
        add(run(&self.paths));
        self.paths.iter().for_each(|path| add(run(&path.parts)));
        add(run(&self.withs));
        add(run(&self.with_links));
        add(run(&self.patches));
    }
}
