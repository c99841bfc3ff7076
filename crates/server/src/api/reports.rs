//! Reports: how a contract's messages were answered, by day, seat and campaign.

use super::contracts::of_path;
use crate::access::{Caller, Operation};
use crate::answer::{Answer, At, json};
use crate::app::App;
use crate::query::Params;
use axum::extract::State;
use earnest_core::units::{CampaignId, SeatId, Timestamp};
use earnest_engine::{ResponsesReport, Tally};
use hyper::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

const DAY: i64 = 86_400_000;

/// How many messages were sent, and how many were answered in time.
#[derive(Debug, Serialize, ToSchema)]
struct TallyBody {
    /// Sent.
    sent: u64,
    /// Answered in time, in whatever way.
    responded: u64,
    /// Answered, by kind.
    by_kind: KindsBody,
    /// responded / sent; null where none was sent.
    response_rate: Option<f64>,
}

/// Answers by their kind.
#[derive(Debug, Serialize, ToSchema)]
struct KindsBody {
    /// Written answers.
    reply: u64,
    /// Accepted.
    accept: u64,
    /// Declined.
    not_interested: u64,
}

/// The messages that were sent on a UTC day.
#[derive(Debug, Serialize, ToSchema)]
struct DayBody {
    /// The day.
    #[schema(format = Date, example = "2026-01-05")]
    day: String,
    #[serde(flatten)]
    tally: TallyBody,
}

/// The messages of a seat.
#[derive(Debug, Serialize, ToSchema)]
struct SeatTallyBody {
    /// The seat.
    #[schema(value_type = String)]
    seat: SeatId,
    #[serde(flatten)]
    tally: TallyBody,
}

/// The messages of a campaign.
#[derive(Debug, Serialize, ToSchema)]
struct CampaignTallyBody {
    /// The campaign.
    #[schema(value_type = String)]
    campaign: CampaignId,
    #[serde(flatten)]
    tally: TallyBody,
}

/// How a contract's messages were answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportBody {
    /// The instant that it is of.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    #[serde(flatten)]
    total: TallyBody,
    /// Messages whose stake came back.
    returned: u64,
    /// Messages whose stake is gone.
    consumed: u64,
    /// Messages whose stake is open.
    held: u64,
    /// Messages that lapsed.
    lapsed: u64,
    /// Credits that settlements kept.
    consumed_credits: u64,
    /// consumed_credits / responded; null where none was answered.
    credits_per_response: Option<f64>,
    /// By the UTC day of the send, oldest first; days without a message are left out.
    days: Vec<DayBody>,
    /// By seat, in the order in which they first sent.
    seats: Vec<SeatTallyBody>,
    /// By campaign, in the order in which they were sent.
    campaigns: Vec<CampaignTallyBody>,
}

/// Returns a ratio, unrounded; nothing where the divisor is 0.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    // Counts stay far below 2^53, so the division is the only rounding.
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl From<Tally> for TallyBody {
    fn from(tally: Tally) -> Self {
        Self {
            sent: tally.sent,
            responded: tally.responded(),
            by_kind: KindsBody {
                reply: tally.reply,
                accept: tally.accept,
                not_interested: tally.not_interested,
            },
            response_rate: ratio(tally.responded(), tally.sent),
        }
    }
}

/// Writes a UTC day, counted from 1970-01-01, as a date.
fn date(day: i64) -> String {
    let start = Timestamp::from_millis(day.saturating_mul(DAY)).unwrap_or(Timestamp::MIN);
    start.to_string().chars().take(10).collect()
}

impl From<ResponsesReport> for ReportBody {
    fn from(report: ResponsesReport) -> Self {
        let days = report.days.into_iter().map(|(day, tally)| DayBody {
            day: date(day),
            tally: tally.into(),
        });
        let seats = report.seats.into_iter().map(|(seat, tally)| SeatTallyBody {
            seat,
            tally: tally.into(),
        });
        let campaigns = report.campaigns.into_iter();
        let campaigns = campaigns.map(|(campaign, tally)| CampaignTallyBody {
            campaign,
            tally: tally.into(),
        });
        Self {
            as_of: report.as_of,
            credits_per_response: ratio(report.consumed_credits, report.total.responded()),
            total: report.total.into(),
            returned: report.returned,
            consumed: report.consumed,
            held: report.held,
            lapsed: report.lapsed,
            consumed_credits: report.consumed_credits,
            days: days.collect(),
            seats: seats.collect(),
            campaigns: campaigns.collect(),
        }
    }
}

/// Reports how a contract's messages were answered.
#[utoipa::path(get, path = "/v1/contracts/{contract}/reports/responses", tag = "reports",
    responses((status = 200, description = "The report", body = ReportBody)))]
pub(crate) async fn report_responses(
    State(app): State<App>,
    caller: Caller,
    At(contract): At<String>,
    uri: Uri,
) -> Answer {
    caller.may(Operation::ReadReports)?;
    let contract = caller.contract(&contract)?;
    Params::of(&uri, &[])?;
    let report = app.engine.responses(&contract).await.map_err(of_path)?;
    json(StatusCode::OK, &ReportBody::from(report))
}
