//! What `groupBy` and `zipAttrsWith` collect: values by name. Kept in few pieces of memory, so that a million groups are
//! given up at once.

use nival_syntax::Name;

use crate::Ctx;
use crate::error::Result;
use crate::heap::{ScratchMap, ScratchVec};
use crate::value::{AttrsBuilder, Value};

#[derive(Default)]
pub(super) struct Groups {
    numbers: ScratchMap<Name, u32>,
    /// The name of each group and how many members it has.
    groups: ScratchVec<(Name, u32)>,
    /// All members with their groups, in order.
    members: ScratchVec<(u32, Value)>,
}

impl Groups {
    /// Adds a member to the group of that name.
    pub(super) fn push(&mut self, name: Name, member: Value) {
        let number = *self.numbers.entry(name).or_insert_with(|| {
            self.groups.push((name, 0));
            self.groups.len() as u32 - 1
        });
        self.groups[number as usize].1 += 1;
        self.members.push((number, member));
    }

    /// A set with what `value` makes of the list of each group's members.
    pub(super) fn finish<'e>(self, ctx: &mut Ctx<'e>, mut value: impl FnMut(&mut Ctx<'e>, Name, Value) -> Value) -> Result<Value> {
        let mut ends: ScratchVec<u32> = ScratchVec::with_capacity(self.groups.len());
        let mut sum = 0;
        for group in &self.groups {
            ends.push(sum);
            sum += group.1;
        }
        let mut sorted: ScratchVec<Value> = ScratchVec::new();
        sorted.resize(self.members.len(), Value::NULL);
        for &(number, member) in &self.members {
            ctx.check_interrupt()?;
            let end = &mut ends[number as usize];
            sorted[*end as usize] = member;
            *end += 1;
        }
        let mut set = AttrsBuilder::with_capacity(self.groups.len());
        for (&(name, count), &end) in self.groups.iter().zip(&ends) {
            ctx.check_interrupt()?;
            let members = ctx.list_from(&sorted[(end - count) as usize..end as usize])?;
            let value = value(ctx, name, members);
            set.push(name, value);
        }
        ctx.attrs_from(set)
    }
}
