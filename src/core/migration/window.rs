//! Windows: the times in which migrations may begin. A schedule of five fields, as `crontab` reads it, opens the window;
//! it stays open for a while.
//!
//! `cronexpr` reads schedules. It is asked about the times of a clock without a zone, and the zone is put to them here: in a
//! zone it passes over what falls into the hour that the clock leaves out in spring, so that a window at two o'clock at
//! night would not open then, and gives twice what the clock shows twice in autumn.

use std::time::Duration;

use cronexpr::Crontab;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How far a clock is turned at most, in hours: that of the station Troll by two. What falls into such a gap comes after it.
const GAP: i32 = 2;

/// The last year in which openings are looked for: the crate adds some years to it, which the calendar must have.
const LAST_YEAR: i16 = 9000;

/// Whether a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It is, or there is none.
    Open,
    /// It is not.
    Closed {
        /// When it opens next; `None`: never.
        opens: Option<Timestamp>,
    },
}

/// When migrations may begin.
#[derive(Debug, Clone)]
pub struct Window {
    /// When it opens.
    pub schedule: Schedule,
    /// How long it stays open.
    pub duration: Duration,
    /// Whose clock the schedule is read on.
    pub zone: TimeZone,
}

impl Window {
    /// Whether it is open at this moment, and else when it opens.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Opening {
        let since = now.checked_sub(self.duration).unwrap_or(Timestamp::MIN);
        match self.schedule.first_after(since, &self.zone) {
            Some(opened) if opened <= now => Opening::Open,
            opens => Opening::Closed { opens },
        }
    }
}

/// Minutes, hours, days of the month, months and days of the week, as `crontab` reads them: a day need only be one of the
/// month's or one of the week's where neither begins with `*`.
#[derive(Debug, Clone)]
pub struct Schedule(Crontab);

/// A schedule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It has not five fields.
    #[error(
        "a schedule has five fields: minute, hour, day of the month, month and day of the week, as in 0 2 * * *"
    )]
    Fields,
    /// A field is not what it should be; why.
    #[error("{0:?} is no schedule: {1}; its fields are written like *, 5, 1-5, 1,3 or */15")]
    Field(String, String),
}

impl std::str::FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        if fields.len() != 5 {
            return Err(ScheduleError::Fields);
        }
        // On a clock that is never turned, which stands for any.
        let read = cronexpr::parse_crontab(&format!("{} UTC", fields.join(" ")));
        read.map(Self).map_err(|error| {
            // The last of its lines says why, behind a mark under the field.
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default().trim_start_matches([' ', '^']);
            ScheduleError::Field(text.to_owned(), why.to_owned())
        })
    }
}

impl Schedule {
    /// The first moment of the schedule that is later than this one; `None` if there is none (the 30th of February).
    /// What falls into a gap of the clock comes right after it, and what a clock shows twice counts once.
    fn first_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut clock = after.to_zoned(zone.clone()).datetime().checked_sub(GAP.hours()).ok()?;
        loop {
            clock = self.next(clock)?;
            // As RFC 5545 has it: a time in a gap is as much later, and of two the first is meant.
            let moment = clock.to_zoned(zone.clone()).ok()?.timestamp();
            if moment > after {
                return Some(moment);
            }
        }
    }

    /// What a clock shows next of the schedule.
    fn next(&self, clock: DateTime) -> Option<DateTime> {
        if clock.year() > LAST_YEAR {
            return None;
        }
        let shown = clock.to_zoned(TimeZone::UTC).ok()?.timestamp();
        self.0.find_next(shown).ok().map(|next| next.datetime())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window(schedule: &str, hours: u64, zone: &str) -> Window {
        Window {
            schedule: schedule.parse().unwrap(),
            duration: Duration::from_hours(hours),
            zone: TimeZone::get(zone).unwrap(),
        }
    }

    fn closed(opens: &str) -> Opening {
        Opening::Closed { opens: Some(at(opens)) }
    }

    #[test]
    fn a_window_opens_at_its_schedule_and_closes_after_its_duration() {
        let night = window("0 2 * * *", 2, "Europe/Berlin");
        assert_eq!(night.at(at("2026-11-23T00:59:59Z")), closed("2026-11-23T01:00:00Z"));
        assert_eq!(night.at(at("2026-11-23T01:00:00Z")), Opening::Open);
        assert_eq!(night.at(at("2026-11-23T02:59:59Z")), Opening::Open);
        assert_eq!(night.at(at("2026-11-23T03:00:00Z")), closed("2026-11-24T01:00:00Z"));
    }

    #[test]
    fn a_window_may_last_over_midnight() {
        let night = window("30 22 * * fri,6", 4, "UTC");
        assert_eq!(night.at(at("2026-11-28T02:29:00Z")), Opening::Open, "from Friday");
        assert_eq!(night.at(at("2026-11-28T02:30:00Z")), closed("2026-11-28T22:30:00Z"));
        assert_eq!(night.at(at("2026-11-23T10:00:00Z")), closed("2026-11-27T22:30:00Z"));
    }

    #[test]
    fn an_hour_that_the_clock_leaves_out_is_the_one_after_it() {
        // Berlin goes from 2 to 3 on the 29th of March 2026.
        let night = window("30 2 * * *", 1, "Europe/Berlin");
        assert_eq!(night.at(at("2026-03-29T00:00:00Z")), closed("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn what_falls_into_a_gap_still_comes_when_the_gap_is_over() {
        // One minute of the hour that is left out, looked at from behind it.
        let night = window("30 2 * * *", 1, "Europe/Berlin");
        assert_eq!(night.at(at("2026-03-29T01:10:00Z")), closed("2026-03-29T01:30:00Z"));
        assert_eq!(night.at(at("2026-03-29T02:29:00Z")), Opening::Open);
        // Troll goes from 1 to 3.
        let night = window("30 1 * * *", 1, "Antarctica/Troll");
        assert_eq!(night.at(at("2026-03-29T01:20:00Z")), closed("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn what_a_clock_shows_twice_opens_a_window_once() {
        // Berlin goes from 3 back to 2 on the 25th of October 2026.
        for (schedule, first, second) in [
            ("0 2 * * *", "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"),
            ("45 2 * * *", "2026-10-25T00:45:00Z", "2026-10-26T01:45:00Z"),
        ] {
            let mut night = window(schedule, 1, "Europe/Berlin");
            night.duration = Duration::from_mins(5);
            assert_eq!(night.at(at("2026-10-24T23:30:00Z")), closed(first));
            for minute in ["2026-10-25T00:55:00Z", "2026-10-25T01:01:00Z", "2026-10-25T01:46:00Z"] {
                assert_eq!(night.at(at(minute)), closed(second), "{schedule} {minute}");
            }
        }
    }

    #[test]
    fn no_moment_is_too_early_or_too_late() {
        let always = window("* * * * *", 1, "Pacific/Kiritimati");
        for moment in [Timestamp::MIN, Timestamp::MAX, at("9000-12-31T23:59:59Z"), at("9001-01-02T00:00:00Z")]
        {
            assert!(matches!(always.at(moment), Opening::Open | Opening::Closed { opens: None }), "{moment}");
        }
        assert_eq!(always.at(at("2026-11-23T00:00:00Z")), Opening::Open);
    }

    #[test]
    fn days_of_month_and_week_are_alternatives_where_both_are_said() {
        let either = window("0 0 13 * 5", 1, "UTC");
        assert_eq!(either.at(at("2026-11-10T12:00:00Z")), closed("2026-11-13T00:00:00Z"));
        assert_eq!(either.at(at("2026-11-13T12:00:00Z")), closed("2026-11-20T00:00:00Z"));
        let leap = window("0 0 29 feb *", 1, "UTC");
        assert_eq!(leap.at(at("2026-11-13T12:00:00Z")), closed("2028-02-29T00:00:00Z"));
        let uneven = window("0 0 */2 * 1", 1, "UTC");
        assert_eq!(
            uneven.at(at("2026-11-24T00:00:00Z")),
            closed("2026-12-07T00:00:00Z"),
            "both, because of *"
        );
        assert_eq!(
            window("0 0 30 2 *", 1, "UTC").at(at("2026-11-13T12:00:00Z")),
            Opening::Closed { opens: None }
        );
    }

    #[test]
    fn steps_ranges_and_sunday_as_seven_are_read() {
        let quarter = window("*/20 9-17/4 * * 7", 1, "UTC");
        assert_eq!(quarter.at(at("2026-11-23T00:00:00Z")), closed("2026-11-29T09:00:00Z"));
        assert_eq!(quarter.at(at("2026-11-29T10:45:00Z")), closed("2026-11-29T13:00:00Z"));
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_the_field() {
        for text in [
            "",
            "0 2 * *",
            "0 2 * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "1,,2 * * * *",
            "-1 * * * *",
            "+1 * * * *",
            "@daily",
            "0 2 * * UTC",
            "H 2 * * *",
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
        let error = "0 25 * * *".parse::<Schedule>().unwrap_err().to_string();
        assert!(
            error.starts_with("\"0 25 * * *\" is no schedule: value must be in range 0..=23; found 25;"),
            "{error}"
        );
    }
}
