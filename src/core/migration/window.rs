//! Windows: the times in which migrations may begin. A schedule of five fields, as `crontab` reads it, opens the window;
//! it stays open for a while.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How far ahead an opening is looked for: a 29th of February comes at least every eight years.
const YEARS: i16 = 9;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Minutes, hours, days of the month, months and days of the week, as `crontab` reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    minutes: Vec<i8>,
    hours: Vec<i8>,
    days: Vec<i8>,
    months: Vec<i8>,
    weekdays: Vec<i8>,
    /// Whether a day need only be one of the month's or one of the week's: where both are restricted.
    either_day: bool,
}

/// A schedule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It has not five fields.
    #[error(
        "a schedule has five fields: minute, hour, day of the month, month and day of the week, as in 0 2 * * *"
    )]
    Fields,
    /// A field is not what it should be.
    #[error("{0:?} is no {1} of a schedule; write it like *, 5, 1-5, 1,3 or */15")]
    Field(String, &'static str),
}

impl std::str::FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return Err(ScheduleError::Fields);
        };
        let either_day = !days.starts_with('*') && !weekdays.starts_with('*');
        let mut week = field(weekdays, "day of the week", 0, 7, DAYS)?;
        // Sunday is 0 and 7.
        if week.contains(&7) && !week.contains(&0) {
            week.push(0);
        }
        Ok(Self {
            minutes: field(minutes, "minute", 0, 59, &[])?,
            hours: field(hours, "hour", 0, 23, &[])?,
            days: field(days, "day of the month", 1, 31, &[])?,
            months: field(months, "month", 1, 12, MONTHS)?,
            weekdays: week,
            either_day,
        })
    }
}

/// The names of days, from 0.
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The names of months; the first has no month.
const MONTHS: &[&str] =
    &["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The values of a field, in order.
fn field(
    text: &str,
    what: &'static str,
    least: i8,
    most: i8,
    words: &[&str],
) -> Result<Vec<i8>, ScheduleError> {
    let wrong = || ScheduleError::Field(text.to_owned(), what);
    let number = |text: &str| -> Option<i8> {
        let by_name = words.iter().position(|word| !word.is_empty() && word.eq_ignore_ascii_case(text));
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = match by_name {
            Some(place) => i8::try_from(place).ok()?,
            None if is_number => text.parse().ok()?,
            None => return None,
        };
        (least..=most).contains(&number).then_some(number)
    };
    let mut values = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0))),
            None => (part, None),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (least, most),
            (_, Some((from, to))) => (number(from).ok_or_else(wrong)?, number(to).ok_or_else(wrong)?),
            // 5/15 goes on to the end, as everywhere.
            (_, None) => {
                let from = number(range).ok_or_else(wrong)?;
                (from, if step.is_some() { most } else { from })
            }
        };
        let step = step.map_or(Some(1), |step| step).ok_or_else(wrong)?;
        if from > to {
            return Err(wrong());
        }
        values.extend((from..=to).step_by(step));
    }
    values.sort_unstable();
    values.dedup();
    Ok(values)
}

impl Schedule {
    /// The first moment of the schedule that is later than this one; `None` if there is none (the 30th of February).
    /// What falls into a gap of the clock comes right after it, and what a clock shows twice counts once.
    fn first_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = after.to_zoned(zone.clone()).date();
        // The clock may have been turned back over midnight.
        let mut day = start.yesterday().unwrap_or(start);
        let end = start.checked_add(YEARS.years()).unwrap_or(Date::MAX);
        while day <= end {
            if self.has_day(day) {
                for hour in &self.hours {
                    for minute in &self.minutes {
                        let moment = day.at(*hour, *minute, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
                        if moment > after {
                            return Some(moment);
                        }
                    }
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn has_day(&self, day: Date) -> bool {
        let of_month = self.days.contains(&day.day());
        let of_week = self.weekdays.contains(&day.weekday().to_sunday_zero_offset());
        let is_day = if self.either_day { of_month || of_week } else { of_month && of_week };
        is_day && self.months.contains(&day.month())
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
    fn days_of_month_and_week_are_alternatives_where_both_are_said() {
        let either = window("0 0 13 * 5", 1, "UTC");
        assert_eq!(either.at(at("2026-11-10T12:00:00Z")), closed("2026-11-13T00:00:00Z"));
        assert_eq!(either.at(at("2026-11-13T12:00:00Z")), closed("2026-11-20T00:00:00Z"));
        let leap = window("0 0 29 feb *", 1, "UTC");
        assert_eq!(leap.at(at("2026-11-13T12:00:00Z")), closed("2028-02-29T00:00:00Z"));
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
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
        let error = "0 25 * * *".parse::<Schedule>().unwrap_err().to_string();
        assert!(error.contains("\"25\"") && error.contains("hour"), "{error}");
    }
}
