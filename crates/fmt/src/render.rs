//! From a settled document to text: the widest layout that fits, decided group by group from the outside and from the start.

use crate::doc::{Elem, Group, Spacing, Text, TextKind, Texts};

/// How a document is printed.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Columns of a line, without its indentation.
    pub width: u32,
    /// Columns of a level.
    pub indent: u32,
    /// The text may not become longer than this.
    pub max_bytes: usize,
}

/// The text is longer than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// A level of indentation; levels are a linked list, so that an attempt can be taken back by going back to a number.
#[derive(Debug, Clone, Copy)]
struct Level {
    columns: u32,
    nest: u16,
    outer: u32,
}

/// What changes while text is written, apart from the text.
#[derive(Debug, Clone, Copy)]
struct State {
    /// Columns written on this line, the indentation aside.
    column: i64,
    /// The level that holds.
    level: u32,
    /// Whether nothing is written, because the text of a region will be.
    suppressed: bool,
}

struct Renderer<'d> {
    doc: &'d mut [Elem],
    texts: &'d Texts<'d>,
    layout: Layout,
    out: String,
    levels: Vec<Level>,
    state: State,
    /// What may still be done for priority groups: where breaking one after the other would take too long, none is.
    budget: u64,
}

/// Renders a settled document.
///
/// # Errors
/// The text would be too long.
pub fn render(doc: &mut [Elem], texts: &Texts<'_>, layout: Layout) -> Result<String, TooLong> {
    let end = doc.len();
    let mut renderer = Renderer {
        budget: 1_000_000 + 64 * end as u64,
        doc,
        texts,
        layout,
        out: String::with_capacity(texts.input.len() + texts.input.len() / 8),
        levels: vec![Level { columns: 0, nest: 0, outer: 0 }],
        state: State { column: 0, level: 0, suppressed: false },
    };
    renderer.group(Group::Regular, 0, end, end)?;
    Ok(renderer.out)
}

const RED_ZONE: usize = 64 << 10;
const STACK: usize = 1 << 20;

impl Renderer<'_> {
    // Writing.

    fn write(&mut self, text: &str) {
        if !self.state.suppressed {
            self.out.push_str(text);
        }
    }

    fn write_text(&mut self, text: Text) {
        if !self.state.suppressed {
            self.out.push_str(self.texts.get(text.start, text.len));
        }
    }

    fn write_spaces(&mut self, count: u32) {
        const SPACES: &str = "                                                                ";
        let mut left = count as usize;
        while left > 0 && !self.state.suppressed {
            let part = left.min(SPACES.len());
            self.out.push_str(&SPACES[..part]);
            left -= part;
        }
    }

    fn newlines(&mut self, count: u32) {
        self.state.column = 0;
        for _ in 0..count {
            self.write("\n");
        }
    }

    fn level(&self) -> Level {
        self.levels[self.state.level as usize]
    }

    /// Goes to the level of a text. Only the first deeper one on a line indents what follows.
    fn indent_to(&mut self, nest: u16) {
        while nest < self.level().nest {
            self.state.level = self.level().outer;
        }
        let level = self.level();
        if nest > level.nest {
            let columns = if self.state.column == 0 { level.columns.saturating_add(self.layout.indent) } else { level.columns };
            self.levels.push(Level { columns, nest, outer: self.state.level });
            self.state.level = self.levels.len() as u32 - 1;
        }
    }

    fn put_text(&mut self, text: Text) {
        if !text.joined {
            self.indent_to(text.nest);
            if self.state.column == 0 && text.kind != TextKind::Raw {
                self.write_spaces(self.level().columns.saturating_add(text.offset));
            }
        }
        self.write_text(text);
        self.state.column += i64::from(text.width);
        if text.kind == TextKind::Raw {
            self.state.column = self.state.column.max(1);
        }
    }

    // Looking ahead.

    /// The spacing at `index` with those that follow it where groups end, and where the row goes on.
    fn spacing(&self, space: Spacing, index: usize, end: usize) -> (Spacing, usize) {
        let (mut space, mut next) = (space, index + 1);
        let mut look = next;
        while look < end {
            match self.doc[look] {
                Elem::Close | Elem::Nothing => look += 1,
                Elem::Space(other) => {
                    space = space.merge(other);
                    look += 1;
                    next = look;
                }
                Elem::Text(_) | Elem::Open { .. } => break,
            }
        }
        (space, next)
    }

    /// The width of what follows up to the first place where a line can end.
    fn width_to_break(&self, from: usize) -> i64 {
        let mut width = 0;
        let mut index = from;
        while let Some(elem) = self.doc.get(index) {
            match *elem {
                Elem::Text(text) => {
                    if !matches!(text.kind, TextKind::Comment | TextKind::Trailing) {
                        width += i64::from(text.width);
                    }
                }
                Elem::Space(space) => {
                    let (space, next) = self.spacing(space, index, self.doc.len());
                    if space != Spacing::HardSpace {
                        return width;
                    }
                    width += 1;
                    index = next;
                    continue;
                }
                Elem::Open { .. } | Elem::Close | Elem::Nothing => {}
            }
            index += 1;
        }
        width
    }

    /// How many more spaces a comment gets that is written now, so that what comes at `next`, in the next line, does not start
    /// right below it: the comment would be read as one of what is below it. Where levels are two columns `shifted` says so.
    fn shift(&self, shifted: bool, next: usize) -> u32 {
        let line = memchr::memrchr(b'\n', self.out.as_bytes()).map_or(&self.out[..], |at| &self.out[at + 1..]);
        let (nest, offset) = self.next_text(next).map_or((0, 0), |text| (text.nest, text.offset));
        let mut level = self.level();
        let deeper = if nest > level.nest { self.layout.indent } else { 0 };
        while nest < level.nest {
            level = self.levels[level.outer as usize];
        }
        let shift = u32::from(shifted);
        let above = crate::doc::width(line).saturating_add(shift) == level.columns.saturating_add(deeper).saturating_add(offset);
        shift + u32::from(above)
    }

    /// The nesting of the first text from here on.
    fn next_nest(&self, from: usize) -> u16 {
        self.next_text(from).map_or(0, |text| text.nest)
    }

    fn next_text(&self, from: usize) -> Option<Text> {
        self.doc.get(from..)?.iter().find_map(|elem| match elem {
            Elem::Text(text) => Some(*text),
            _ => None,
        })
    }

    /// The width of some elements on one line, if that is at most `room`, and writes them if `WRITE`. Comments are part of
    /// the width but take no room. At `indent` columns, a comment behind something gets one space more.
    fn fits<const WRITE: bool>(&mut self, from: usize, to: usize, room: i64, indent: impl Fn(&Self) -> i64) -> Option<i64> {
        let mut left = room;
        let mut width = 0;
        let mut index = from;
        while index < to {
            if left < 0 {
                return None;
            }
            match self.doc[index] {
                Elem::Text(text) => match text.kind {
                    TextKind::Code => {
                        left -= i64::from(text.width);
                        width += i64::from(text.width);
                        if WRITE {
                            self.write_text(text);
                        }
                    }
                    TextKind::Comment | TextKind::Trailing => {
                        if text.kind == TextKind::Trailing {
                            let shifted = indent(self) == room - left;
                            let shift = if WRITE { self.shift(shifted, to) } else { u32::from(shifted) };
                            width += i64::from(shift);
                            if WRITE {
                                self.write_spaces(shift);
                            }
                        }
                        width += i64::from(text.width);
                        if WRITE {
                            self.write_text(text);
                        }
                    }
                    TextKind::Expanded => {}
                    TextKind::Disable | TextKind::Verbatim | TextKind::Raw => return None,
                },
                Elem::Space(space) => {
                    let (space, next) = self.spacing(space, index, to);
                    match space {
                        Spacing::SoftBreak | Spacing::Break => {}
                        Spacing::HardSpace | Spacing::SoftSpace | Spacing::Space => {
                            left -= 1;
                            width += 1;
                            if WRITE {
                                self.write(" ");
                            }
                        }
                        _ => return None,
                    }
                    index = next;
                    continue;
                }
                // Of a group that goes on behind these elements, the rest does not matter.
                Elem::Open { broken: true, end, .. } if (end as usize) < to => return None,
                Elem::Open { .. } | Elem::Close | Elem::Nothing => {}
            }
            index += 1;
        }
        (left >= 0).then_some(width)
    }

    /// Whether what follows fits `target` columns up to the first place where a line can end, groups not broken.
    fn first_line_fits(&mut self, target: i64, from: usize) -> bool {
        let max = i64::from(self.layout.width);
        let mut left = max;
        let mut index = from;
        while index < self.doc.len() {
            if left < 0 {
                return false;
            }
            match self.doc[index] {
                Elem::Text(text) => match text.kind {
                    TextKind::Code => left -= i64::from(text.width),
                    TextKind::Verbatim => break,
                    _ => {}
                },
                Elem::Space(space) => {
                    let (space, next) = self.spacing(space, index, self.doc.len());
                    if space != Spacing::HardSpace {
                        break;
                    }
                    left -= 1;
                    index = next;
                    continue;
                }
                Elem::Open { end, broken, .. } => {
                    if !broken {
                        let room = left - self.width_to_break(end as usize + 1);
                        if let Some(width) = self.fits::<false>(index + 1, end as usize, room, |_| 0) {
                            left -= width;
                            index = end as usize + 1;
                            continue;
                        }
                    }
                }
                Elem::Close | Elem::Nothing => {}
            }
            index += 1;
        }
        left >= 0 && max - left <= target
    }

    // Groups.

    /// Writes elements on one line if they, and what follows up to where a line can end, fit.
    fn on_one_line(&mut self, from: usize, to: usize, flat: bool) -> bool {
        if self.is_empty(from, to) {
            return true;
        }
        let before = self.state;
        let written = self.out.len();
        let room = i64::from(self.layout.width) - self.width_to_break(to);
        let indent = i64::from(self.layout.indent);
        let fitted = if before.column == 0 {
            let from = self.without_space(from, to, flat);
            let first = self.next_text(from);
            let nest = self.level().nest;
            let first_nest = first.map_or(0, |text| text.nest);
            self.indent_to(first_nest);
            self.write_spaces(self.level().columns.saturating_add(first.map_or(0, |text| text.offset)));
            let nest = i64::from(nest) + if first_nest > nest { indent } else { 0 };
            self.fits::<true>(from, to, room, |renderer| if i64::from(renderer.next_nest(to)) > nest { indent } else { 0 })
        } else {
            let nest = self.level().nest;
            let column = before.column;
            self.fits::<true>(from, to, room - column, |renderer| (if renderer.next_nest(to) > nest { indent } else { 0 }) - column)
        };
        match fitted {
            Some(width) => {
                self.state.column += width;
                true
            }
            None => {
                self.state = before;
                self.out.truncate(written);
                false
            }
        }
    }

    /// Whether nothing but the brackets of dissolved groups is there.
    fn is_empty(&self, from: usize, to: usize) -> bool {
        self.doc[from..to].iter().all(|elem| matches!(elem, Elem::Open { .. } | Elem::Close | Elem::Nothing))
    }

    /// Where elements start without the spacing that they start with, because a line has just ended. `flat` elements are not
    /// in groups, but for regular ones.
    fn without_space(&self, from: usize, to: usize, flat: bool) -> usize {
        let mut index = from;
        let mut groups = 0;
        while index < to {
            match self.doc[index] {
                Elem::Space(_) => return index + 1,
                Elem::Open { group, .. } if !flat || group == Group::Regular => {
                    groups += 1;
                    if groups > 1 {
                        return from;
                    }
                }
                Elem::Open { .. } | Elem::Close | Elem::Nothing => {}
                Elem::Text(_) => return from,
            }
            index += 1;
        }
        from
    }

    /// Writes the content of a group that ends at `end`, with `next` behind it.
    fn group(&mut self, group: Group, from: usize, end: usize, next: usize) -> Result<(), TooLong> {
        if self.on_one_line(from, end, false) {
            return Ok(());
        }
        self.broken(group, from, end, next)
    }

    /// Writes the content of a group that does not fit on one line.
    fn broken(&mut self, group: Group, from: usize, end: usize, _next: usize) -> Result<(), TooLong> {
        if group != Group::Transparent {
            let priorities = self.priority_groups(from, end);
            for &(open, close) in priorities.iter().rev() {
                if self.broken_at(from, open, close, end)? {
                    return Ok(());
                }
            }
        }
        self.row(from, end)
    }

    /// The priority groups that are this group's affair: where each opens and closes.
    fn priority_groups(&self, from: usize, end: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut index = from;
        while index < end {
            if let Elem::Open { group, end, .. } = self.doc[index] {
                match group {
                    Group::Priority => found.push((index, end as usize)),
                    Group::Regular => {}
                    Group::Transparent => {
                        index += 1;
                        continue;
                    }
                }
                index = end as usize;
            }
            index += 1;
        }
        found
    }

    /// Tries to write a group with line ends in one priority group only.
    fn broken_at(&mut self, from: usize, open: usize, close: usize, end: usize) -> Result<bool, TooLong> {
        let before = self.state;
        let written = self.out.len();
        // What comes behind must fit on a line in the best of cases.
        let room = i64::from(self.layout.width) + 1 - self.width_to_break(end);
        if self.budget == 0 || self.fits::<false>(close + 1, end, room, |_| -1).is_none() {
            return Ok(false);
        }
        if self.on_one_line(from, open, true) {
            self.budget = self.budget.saturating_sub((end - from) as u64);
            let flattened = self.flatten(close + 1, end);
            let result = stacker::maybe_grow(RED_ZONE, STACK, || self.row(open + 1, close));
            for (index, space) in flattened {
                self.doc[index] = Elem::Space(space);
            }
            result?;
            if self.on_one_line(close + 1, end, true) {
                return Ok(true);
            }
        }
        self.state = before;
        self.out.truncate(written);
        Ok(false)
    }

    /// Takes the line ends out of a row that will be written on one line; gives what was there.
    fn flatten(&mut self, from: usize, end: usize) -> Vec<(usize, Spacing)> {
        let mut changed = Vec::new();
        let mut index = from;
        while index < end {
            match self.doc[index] {
                Elem::Space(space @ (Spacing::Space | Spacing::SoftSpace)) => {
                    changed.push((index, space));
                    self.doc[index] = Elem::Space(Spacing::HardSpace);
                }
                Elem::Space(space @ (Spacing::Break | Spacing::SoftBreak)) => {
                    changed.push((index, space));
                    self.doc[index] = Elem::Nothing;
                }
                Elem::Open { group: Group::Regular, end, .. } => index = end as usize,
                _ => {}
            }
            index += 1;
        }
        changed
    }

    /// Writes elements with line ends between them.
    fn row(&mut self, from: usize, to: usize) -> Result<(), TooLong> {
        let mut index = from;
        while index < to {
            if self.out.len() > self.layout.max_bytes {
                return Err(TooLong);
            }
            match self.doc[index] {
                Elem::Text(text) => self.row_text(text, index),
                Elem::Space(space) => self.row_space(space, index),
                Elem::Open { group, broken, end } => {
                    let end = end as usize;
                    if !broken && self.on_one_line(index + 1, end, false) {
                        index = end;
                    } else if group != Group::Transparent && self.has_priority(index + 1, end) {
                        self.broken(group, index + 1, end, end + 1)?;
                        index = end;
                    }
                    // Otherwise its elements are elements of this row.
                }
                Elem::Close | Elem::Nothing => {}
            }
            index += 1;
        }
        Ok(())
    }

    fn has_priority(&self, from: usize, end: usize) -> bool {
        let mut index = from;
        while index < end {
            match self.doc[index] {
                Elem::Open { group: Group::Priority, .. } => return true,
                Elem::Open { group: Group::Regular, end, .. } => index = end as usize,
                _ => {}
            }
            index += 1;
        }
        false
    }

    fn row_text(&mut self, text: Text, index: usize) {
        match text.kind {
            // A comment that would be read as the first line of the ones below it next time.
            TextKind::Trailing if self.state.column > 0 => {
                let shift = self.shift(self.state.column == 2 && self.next_nest(index + 1) > self.level().nest, index + 1);
                if shift == 0 {
                    return self.put_text(text);
                }
                self.write_spaces(shift);
                self.write_text(text);
                self.state.column += i64::from(text.width) + i64::from(shift);
            }
            TextKind::Disable => self.state.suppressed = true,
            TextKind::Verbatim => {
                let at_start = self.state.column == 0 || self.state.suppressed;
                self.state.suppressed = false;
                if !at_start {
                    self.write("\n");
                }
                self.write_text(text);
                let content = self.texts.get(text.start, text.len);
                let last_line = memchr::memrchr(b'\n', content.as_bytes()).map_or(content, |at| &content[at + 1..]);
                self.state.column = i64::from(crate::doc::width(last_line));
            }
            _ => self.put_text(text),
        }
    }

    fn row_space(&mut self, space: Spacing, index: usize) {
        if self.state.column == 0 {
            return;
        }
        let room = i64::from(self.layout.width) - self.state.column;
        match space {
            Spacing::Break | Spacing::Space | Spacing::HardLine => self.newlines(1),
            Spacing::EmptyLine => self.newlines(2),
            Spacing::Newlines(count) => self.newlines(count),
            Spacing::SoftBreak => {
                if !self.first_line_fits(room, index + 1) {
                    self.newlines(1);
                }
            }
            Spacing::HardSpace => {
                self.write(" ");
                self.state.column += 1;
            }
            Spacing::SoftSpace => {
                if self.first_line_fits(room - 1, index + 1) {
                    self.write(" ");
                    self.state.column += 1;
                } else {
                    self.newlines(1);
                }
            }
        }
    }
}
