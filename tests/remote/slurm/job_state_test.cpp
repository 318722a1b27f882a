#include "remote/slurm/job_state.h"

#include <doctest/doctest.h>

using namespace attune::remote::slurm;

namespace {

JobLook queued(const std::string &state, const std::string &reason = "None") {
  JobLook look;
  look.queue = QueueRow{};
  look.queue->id.job = std::string(1, '7'); // GCC 12 warns of assigned literals
  look.queue->state = state;
  look.queue->reason = reason;
  return look;
}

JobLook with(JobLook look, int code, const std::string &stop = "", int attempt = 1, const std::string &nonce = "a") {
  look.exit = ExitRecord{};
  look.exit->code = code;
  look.exit->stop = stop;
  look.exit->attempt = attempt;
  look.exit->nonce = nonce;
  return look;
}

JobLook account(const std::string &state, const std::string &by = "", int code = 0) {
  JobLook look;
  look.account = AccountRow{};
  look.account->id.job = std::string(1, '7');
  look.account->state = state;
  look.account->by = by;
  look.account->exitCode = code;
  return look;
}

JobProgress running() {
  JobProgress job;
  onSubmitted(job, "7", 0);
  onLook(job, queued("RUNNING"), 10);
  return job;
}

} // namespace

TEST_CASE("From submission to the end, with both words") {
  JobProgress job;
  onSubmitted(job, "7", 0);
  CHECK(job.state == JobState::Queued);
  onLook(job, queued("PENDING", "Resources"), 2);
  CHECK(job.state == JobState::Queued);
  CHECK(job.reason == "Resources");
  onLook(job, queued("RUNNING"), 10);
  CHECK(job.state == JobState::Running);
  CHECK(job.since == 10);
  onLook(job, with(queued("RUNNING"), 0), 20); // Slurm lags
  CHECK(job.state == JobState::Finishing);
  onLook(job, with(queued("RUNNING"), 0), 200); // and is awaited for as long as it says so
  CHECK(job.state == JobState::Finishing);
  onLook(job, with(queued("COMPLETED"), 0), 210);
  CHECK(job.state == JobState::Done);
  CHECK(job.missing == "");
  CHECK(job.exitCode == 0);
  onLook(job, queued("FAILED"), 300);
  CHECK(job.state == JobState::Done);
}

TEST_CASE("How the scheduler's word and the job's own make the end") {
  struct Row {
    const char *state;
    int code;
    const char *stop;
    JobState end;
  };
  for (const Row &row :
       {Row{"COMPLETED", 0, "", JobState::Done}, Row{"FAILED", 3, "", JobState::Failed}, Row{"COMPLETED", 3, "", JobState::Failed},
        Row{"FAILED", 130, "limit", JobState::TimedOut}, Row{"TIMEOUT", 130, "limit", JobState::TimedOut},
        Row{"OUT_OF_MEMORY", 137, "", JobState::OutOfMemory}, Row{"CANCELLED", 130, "term", JobState::Cancelled},
        Row{"CANCELLED", 0, "", JobState::Done}, Row{"CANCELLED", 143, "limit", JobState::TimedOut}, // the wrapper gave its allocation back
        Row{"NODE_FAIL", 1, "", JobState::NodeLost}, Row{"PREEMPTED", 130, "term", JobState::Preempted}}) {
    CAPTURE(row.state);
    CAPTURE(row.code);
    JobProgress job = running();
    onLook(job, with(queued(row.state), row.code, row.stop), 20);
    CHECK(job.state == row.end);
    CHECK(job.exitCode == row.code);
    CHECK(job.missing == "");
  }
}

TEST_CASE("One word alone is awaited for a minute, then it stands and the other is named") {
  JobProgress job = running();
  onLook(job, queued("COMPLETED"), 20);
  CHECK(job.state == JobState::Finishing);
  onLook(job, queued("COMPLETED"), 79);
  CHECK(job.state == JobState::Finishing);
  onLook(job, queued("COMPLETED"), 80);
  CHECK(job.state == JobState::Done);
  CHECK(job.missing == "exit file");
  job = running();
  onLook(job, queued("PREEMPTED"), 20);
  onLook(job, queued("RUNNING"), 30); // requeued at once: the next end is awaited anew
  onLook(job, queued("COMPLETED"), 81);
  CHECK(job.state == JobState::Finishing);
  job = running();
  onLook(job, with(JobLook(), 9), 20); // MinJobAge is over and sacct is off
  CHECK(job.state == JobState::Finishing);
  onLook(job, with(JobLook(), 9), 80);
  CHECK(job.state == JobState::Failed);
  CHECK(job.exitCode == 9);
  CHECK(job.missing == "scheduler");
  job = running();
  onLook(job, queued("FAILED", "JobLaunchFailure"), 20);
  onLook(job, queued("FAILED", "JobLaunchFailure"), 80);
  CHECK(job.state == JobState::LaunchFailed);
}

TEST_CASE("sacct ends a job that the queue has forgotten") {
  JobProgress job = running();
  onLook(job, account("CANCELLED", "1001"), 20);
  onLook(job, account("CANCELLED", "1001"), 80);
  CHECK(job.state == JobState::Cancelled);
  CHECK(job.cancelledBy == "1001");
  job = running();
  onLook(job, account("FAILED", "", 9), 20);
  onLook(job, account("FAILED", "", 9), 80);
  CHECK(job.state == JobState::Failed);
  CHECK(job.exitCode == 9);
}

TEST_CASE("Pending after running is a new attempt, and the old attempt's last word is not its own") {
  JobProgress job = running();
  onLook(job, with(queued("PENDING", "BeginTime"), 130, "term"), 20);
  CHECK(job.state == JobState::Queued);
  CHECK(job.attempt == 2);
  onLook(job, with(queued("PENDING", "BeginTime"), 130, "term"), 30);
  CHECK(job.attempt == 2);
  onLook(job, with(queued("RUNNING"), 130, "term"), 150); // not yet put aside
  CHECK(job.state == JobState::Running);
  onLook(job, with(queued("COMPLETED"), 0, "", 2, "b"), 200);
  CHECK(job.state == JobState::Done);
  CHECK(job.exitCode == 0);
  job = running();
  onLook(job, with(queued("PENDING"), 130, "term"), 20);
  onLook(job, with(queued("CANCELLED"), 130, "term"), 30);
  CHECK(job.state == JobState::Finishing);
  onLook(job, with(queued("CANCELLED"), 130, "term"), 90);
  CHECK(job.state == JobState::Cancelled);
  CHECK(job.missing == "exit file");
}

TEST_CASE("Three failed looks make the state unknown, never final; the next good one tells") {
  JobProgress job = running();
  onFailedLook(job, 20);
  onFailedLook(job, 30);
  CHECK(job.state == JobState::Running);
  onFailedLook(job, 40);
  CHECK(job.state == JobState::Unknown);
  for (int i = 0; i < 1000; ++i) onFailedLook(job, 100 + i * 120);
  CHECK(job.state == JobState::Unknown);
  CHECK(!isFinal(job.state));
  onLook(job, queued("RUNNING"), 200000);
  CHECK(job.state == JobState::Running);
  CHECK(job.attempt == 1);
  for (int i = 0; i < 3; ++i) onFailedLook(job, 200001);
  onLook(job, queued("PENDING"), 200002);
  CHECK(job.attempt == 2);
}

TEST_CASE("An unanswered submission is looked for three times over a minute before it failed") {
  JobProgress job;
  onSubmitUnknown(job, 0);
  for (const double now : {1.0, 2.0, 30.0, 59.0}) {
    onLook(job, JobLook(), now);
    CHECK(job.state == JobState::SubmitUnknown);
  }
  onFailedLook(job, 61);
  CHECK(job.state == JobState::SubmitUnknown);
  onLook(job, JobLook(), 62);
  CHECK(job.state == JobState::SubmitFailed);
  CHECK(isFinal(job.state));
  job = {};
  onSubmitUnknown(job, 0);
  onLook(job, JobLook(), 100);
  onLook(job, JobLook(), 101);
  CHECK(job.state == JobState::SubmitUnknown); // two looks are too few, however late
  onLook(job, queued("PENDING"), 102);
  CHECK(job.state == JobState::Queued);
  CHECK(job.id == "7");
}

TEST_CASE("A job without a trace is lost after ten minutes, and found again if it comes back") {
  JobProgress job = running();
  onLook(job, JobLook(), 100);
  onLook(job, JobLook(), 699);
  CHECK(job.state == JobState::Running);
  onLook(job, JobLook(), 700);
  CHECK(job.state == JobState::Lost);
  onLook(job, queued("RUNNING"), 800);
  CHECK(job.state == JobState::Running);
}

TEST_CASE("A cancel that was asked shows until the scheduler says so; a word that Slurm made up since ends nothing") {
  JobProgress job = running();
  onCancelAsked(job, 20);
  CHECK(job.state == JobState::Cancelling);
  onLook(job, queued("RUNNING"), 22);
  CHECK(job.state == JobState::Cancelling);
  onLook(job, with(queued("CANCELLED"), 130, "term"), 24);
  CHECK(job.state == JobState::Cancelled);
  onCancelAsked(job, 30);
  CHECK(job.state == JobState::Cancelled);
  job = running();
  onLook(job, queued("BRAND_NEW"), 20);
  CHECK(job.state == JobState::Running);
}

TEST_CASE("Reasons in plain words, and those that never clear") {
  CHECK(plainReason("Resources") == "Waiting for free nodes or cards.");
  CHECK(plainReason("Some\x1bNew") == "Some\xef\xbf\xbdNew");
  for (const char *never :
       {"PartitionConfig", "PartitionDown", "BadConstraints", "JobHeldUser", "JobHeldAdmin", "InvalidAccount", "InvalidX"})
    CHECK(neverClears(never));
  for (const char *fine : {"Resources", "Priority", "BeginTime", "None", "Whatever"}) CHECK(!neverClears(fine));
}

TEST_CASE("When to look next") {
  JobProgress job;
  onSubmitted(job, "7", 0);
  CHECK(nextLook(job, true, 1, 0.5) == 2);
  CHECK(nextLook(job, true, 10, 0.5) == 10);
  CHECK(nextLook(job, true, 121, 0.5) == 30);
  CHECK(nextLook(job, true, 1801, 0.5) == 60);
  job = running();
  CHECK(nextLook(job, true, 100, 0.5) == 15);
  CHECK(nextLook(job, false, 100, 0.5) == 60);
  onCancelAsked(job, 200);
  CHECK(nextLook(job, true, 219, 0.5) == 2);
  CHECK(nextLook(job, true, 221, 0.5) == 10);
  onFailedLook(job, 230);
  CHECK(nextLook(job, true, 230, 0.5) == 5);
  onFailedLook(job, 235);
  CHECK(nextLook(job, true, 235, 0.5) == 10);
  for (int i = 0; i < 20; ++i) onFailedLook(job, 300);
  CHECK(nextLook(job, true, 300, 0.5) == 120);
  CHECK(nextLook(job, true, 300, 0.0) == doctest::Approx(96));
  CHECK(nextLook(job, true, 300, 0.999) <= 144);
}

TEST_CASE("A clock that was set back or forward neither hurries the looks nor ends a job") {
  JobProgress job;
  onSubmitted(job, "7", 100000);
  CHECK(nextLook(job, true, 100000 - 86400, 0.5) == 30);
  JobLook seen{"t", {}, {}, {}, ""};
  onLook(job, seen, 100000 - 86400); // missing for the first time
  CHECK(job.since == 100000 - 86400);
  onLook(job, seen, 100000 + 86400); // a day later at once
  CHECK(job.state == JobState::Queued);
  onLook(job, seen, 100000 + 86401);
  CHECK(job.state == JobState::Lost);
}
