//! Infusions that a record tells of in passing: attached to the event that they tell of, never counted.

use schema::{Attribute, EventDate, EventKind, ItemKind, MappedRecord};

use crate::Rules;
use crate::days::{days_between, distance, firm_day, precision};
use crate::draft::Draft;
use crate::infusions::{KINDS, by_kind, clashes, kind_of};
use crate::statement::{Statement, statements};

/// How well a mention fits an event; smaller is better.
type Fit = (u8, bool, i64);

/// Gives every mention to the event that it tells of. What fits none becomes an event known by mentions only.
pub(crate) fn attach<'a>(records: &[&'a MappedRecord], drafts: &mut Vec<Draft<'a>>, rules: &Rules) {
    let mut told = statements(records, &[ItemKind::Mention]);
    told.retain(is_told);
    let (mut dated, undated): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|mention| mention.date.is_some());
    dated.sort_by_key(|mention| {
        mention
            .date
            .map(|date| (date.estimated, std::cmp::Reverse(precision(date)), date))
    });
    let found: Vec<_> = dated
        .iter()
        .map(|mention| best(mention, drafts, rules))
        .collect();
    let mut rest = Vec::new();
    for (mention, place) in dated.into_iter().zip(found) {
        match place {
            Some(place) => drafts[place].tellings.push(mention),
            None => rest.push(mention),
        }
    }
    drafts.extend(known_by_mentions(rest, rules));
    attach_undated(&undated, drafts, rules);
}

/// Infusions that no source records. Mentions of an exact day make them, and those of a month's first day go to one of
/// that month.
fn known_by_mentions<'a>(mentions: Vec<Statement<'a>>, rules: &Rules) -> Vec<Draft<'a>> {
    let (vague, exact): (Vec<_>, Vec<_>) = mentions.into_iter().partition(|mention| {
        mention
            .date
            .and_then(firm_day)
            .is_some_and(|day| day.day() == 1)
    });
    let mut drafts = by_kind(&exact, rules);
    let mut rest = Vec::new();
    for mention in vague {
        let within = |draft: &Draft<'_>| {
            let told = draft.tellings.first().and_then(|first| first.date);
            let close = mention
                .date
                .zip(told)
                .and_then(|(date, told)| closeness(date, told, rules));
            kind_of(&mention) == Some(draft.kind) && close.is_some_and(|(class, _)| class < 2)
        };
        match drafts.iter().position(within) {
            Some(place) => drafts[place].tellings.push(mention),
            None => rest.push(mention),
        }
    }
    drafts.extend(by_kind(&rest, rules));
    drafts
}

/// Whether it says that there was an infusion.
fn is_told(mention: &Statement<'_>) -> bool {
    let denied = mention.code(Attribute::Occurred) == Some("no");
    let counted = mention
        .number(Attribute::Count)
        .is_some_and(|count| count > 0);
    let affirmed = mention.code(Attribute::Occurred) == Some("yes") || counted;
    !denied && (affirmed || mention.date.is_some())
}

fn best(mention: &Statement<'_>, drafts: &[Draft<'_>], rules: &Rules) -> Option<usize> {
    let fits = drafts.iter().enumerate().filter(|(_, draft)| {
        !draft.mentioned_only() && may_tell_of(mention, draft.kind) && in_order(mention, draft)
    });
    fits.filter_map(|(place, draft)| fit(mention, draft, rules).map(|fit| (fit, place)))
        .min()
        .map(|(_, place)| place)
}

/// Whether a mention of one kind may mean an infusion of another: forms call a boost or lymphocytes a transplant.
fn may_tell_of(mention: &Statement<'_>, kind: EventKind) -> bool {
    match kind_of(mention) {
        None => kind.is_infusion(),
        Some(EventKind::Ct) => kind == EventKind::Ct,
        Some(_) => kind.is_infusion() && kind != EventKind::Ct,
    }
}

/// Whether the event stands where the mention puts it: not in the mention's own row, and before or after its form's event.
fn in_order(mention: &Statement<'_>, draft: &Draft<'_>) -> bool {
    if draft.own().any(|own| own.same_row(mention)) {
        return false;
    }
    let Some(form) = mention.form_date() else {
        return true;
    };
    let dates = || draft.own().filter_map(|own| own.date);
    match mention.code(Attribute::Mention) {
        Some("prior") => dates().any(|date| date.date.earliest() < form.date.latest()),
        Some("subsequent") => dates().any(|date| date.date.latest() > form.date.earliest()),
        _ => true,
    }
}

/// An exact day beats a window, and a window an exact day that is some days off; the right kind beats another.
fn fit(mention: &Statement<'_>, draft: &Draft<'_>, rules: &Rules) -> Option<Fit> {
    let date = mention.date?;
    let other_kind = kind_of(mention).is_some_and(|kind| kind != draft.kind);
    let own: Vec<_> = draft.own().copied().collect();
    own.iter()
        .filter_map(|telling| telling.date)
        .filter_map(|told| closeness(date, told, rules))
        .map(|(class, days)| (class, other_kind, days))
        .filter(|(class, other_kind, _)| {
            *class == 0 || (!*other_kind && !clashes_as_mention(mention, &own))
        })
        .min()
}

fn closeness(mention: EventDate, told: EventDate, rules: &Rules) -> Option<(u8, i64)> {
    if let (Some(left), Some(right)) = (firm_day(mention), firm_day(told)) {
        let days = days_between(left, right).abs();
        // Forms that know the month only write its first day, not all of them with a mark.
        let month_only = left.day() == 1 && left.first_of_month() == right.first_of_month();
        return match days {
            _ if days <= rules.midnight_days_max => Some((0, days)),
            _ if month_only => Some((1, days)),
            _ => (days <= rules.mention_days_max).then_some((2, days)),
        };
    }
    distance(mention, told, rules.midnight_days_max, rules).map(|days| (1, days))
}

/// A mention's own number is not the event's, so only cells and product can speak against it.
fn clashes_as_mention(mention: &Statement<'_>, own: &[Statement<'_>]) -> bool {
    let ordinal = mention.item.get(Attribute::Ordinal).is_some();
    !ordinal && clashes(mention, own)
}

/// A mention without a date goes to the only event that it can mean; where there is none of its kind, it is one.
fn attach_undated<'a>(undated: &[Statement<'a>], drafts: &mut Vec<Draft<'a>>, rules: &Rules) {
    let known = drafts.len();
    let mut rest = Vec::new();
    for mention in undated {
        let fitting: Vec<_> = (0..known)
            .filter(|place| {
                let draft = &drafts[*place];
                may_tell_of(mention, draft.kind)
                    && (draft.mentioned_only() || in_order(mention, draft))
            })
            .collect();
        match fitting[..] {
            [] => rest.push(*mention),
            [only] => drafts[only].tellings.push(*mention),
            _ => {}
        }
    }
    for draft in by_kind(&rest, rules) {
        if KINDS.contains(&draft.kind) {
            drafts.push(draft);
        }
    }
}
