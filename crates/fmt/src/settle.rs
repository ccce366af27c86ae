//! From the document as it was written down to the one that is printed: spacings that meet become one, and what is the same
//! however a group is printed (line ends, comments) moves out of its start and its end.
//!
//! One pass. A group is held back while all that was seen of it can move out in front of it.

use crate::doc::{Elem, Group, Spacing, Text, TextKind};

struct Frame {
    group: Group,
    /// Where its `Open` stands in the output; none while it is held back.
    at: Option<u32>,
    /// The spacing behind what was seen of it last.
    space: Option<Spacing>,
    broken: bool,
}

struct Settling {
    out: Vec<Elem>,
    /// The open groups; the first is the document. Those that are held back come last.
    frames: Vec<Frame>,
    /// How many of them are not held back.
    committed: usize,
    /// The kind of the text that was written last, if another text may be joined to it.
    joinable: Option<TextKind>,
}

/// Settles a document. Groups of the result know their ends.
pub fn settle(doc: &[Elem]) -> Vec<Elem> {
    let root = Frame { group: Group::Regular, at: None, space: None, broken: false };
    let mut settling = Settling { out: Vec::with_capacity(doc.len()), frames: vec![root], committed: 1, joinable: None };
    for elem in doc {
        match *elem {
            Elem::Text(text) => settling.text(text),
            Elem::Space(space) => settling.space(space),
            Elem::Open { group, .. } => settling.open(group),
            Elem::Close => settling.close(),
            Elem::Nothing => {}
        }
    }
    if let Some(space) = settling.frames.first().and_then(|frame| frame.space) {
        settling.out.push(Elem::Space(space));
    }
    settling.out
}

impl Settling {
    fn space(&mut self, space: Spacing) {
        self.joinable = None;
        if let Some(frame) = self.frames.last_mut() {
            frame.space = Some(frame.space.map_or(space, |before| before.merge(space)));
        }
    }

    fn open(&mut self, group: Group) {
        self.joinable = None;
        // A space in front of a group belongs to what it starts with.
        let space = self.frames.last_mut().and_then(|frame| frame.space.take_if(|space| *space == Spacing::HardSpace));
        self.frames.push(Frame { group, at: None, space, broken: false });
    }

    /// Moves the spacings that are the same in any case out of the groups that are held back.
    fn move_out(&mut self) {
        for index in (self.committed..self.frames.len()).rev() {
            if let Some(space) = self.frames[index].space.take_if(|space| space.is_hard()) {
                let before = &mut self.frames[index - 1].space;
                *before = Some(before.map_or(space, |before| before.merge(space)));
            }
        }
    }

    /// Writes down the groups up to the frame `last`, and the spacings of all of them.
    fn commit(&mut self, last: usize) {
        self.flush(self.committed - 1);
        while self.committed <= last {
            let frame = &mut self.frames[self.committed];
            frame.at = Some(self.out.len() as u32);
            self.out.push(Elem::Open { group: frame.group, broken: false, end: 0 });
            self.flush(self.committed);
            self.committed += 1;
        }
    }

    fn flush(&mut self, index: usize) {
        if let Some(space) = self.frames[index].space.take() {
            self.frames[index].broken |= space.ends_line();
            self.out.push(Elem::Space(space));
        }
    }

    fn text(&mut self, mut text: Text) {
        if self.committed < self.frames.len() {
            self.move_out();
            let moves = matches!(text.kind, TextKind::Comment | TextKind::Trailing | TextKind::Verbatim);
            let last = match moves {
                true => self.frames.iter().rposition(|frame| frame.space.is_some()).unwrap_or(0).max(self.committed - 1),
                false => self.frames.len() - 1,
            };
            self.commit(last);
        } else {
            self.flush(self.committed - 1);
        }
        text.joined = self.joinable == Some(text.kind);
        self.joinable = Some(text.kind);
        if matches!(text.kind, TextKind::Disable | TextKind::Verbatim | TextKind::Raw) {
            self.frames[self.committed - 1].broken = true;
        }
        self.out.push(Elem::Text(text));
    }

    fn close(&mut self) {
        self.joinable = None;
        if self.frames.len() < 2 {
            return;
        }
        if self.committed < self.frames.len() {
            self.move_out();
            let last = self.frames.len() - 1;
            if self.frames[last].space.is_some() {
                self.commit(last);
            }
        }
        let Some(mut frame) = self.frames.pop() else { return };
        let parent = self.frames.len() - 1;
        let Some(at) = frame.at else {
            // There was nothing in it that could not move out.
            return;
        };
        self.committed -= 1;
        if let Some(space) = frame.space.take() {
            match space.is_hard() {
                true => self.frames[parent].space = Some(space),
                false => self.out.push(Elem::Space(space)),
            }
        }
        self.frames[parent].broken |= frame.broken;
        self.write_close(at as usize, frame);
    }

    fn write_close(&mut self, at: usize, frame: Frame) {
        // A group that is all of a group of its kind is that group.
        let first = self.out[at + 1..].iter().position(|elem| *elem != Elem::Nothing).map(|n| at + 1 + n);
        if let Some(Elem::Open { group, end, .. }) = first.and_then(|first| self.out.get(first).copied())
            && group == frame.group
            && end as usize + 1 == self.out.len()
        {
            self.out[at] = Elem::Nothing;
            return;
        }
        self.out[at] = Elem::Open { group: frame.group, broken: frame.broken, end: self.out.len() as u32 };
        self.out.push(Elem::Close);
    }
}
