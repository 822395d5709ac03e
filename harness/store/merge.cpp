// Joining shards. Every row has an identity that does not depend on the store it lies in (trial id,
// run, attempt number, ordinal), so a merge is a union: running it twice, or in another order,
// gives the same store.
#include "harness/store/impl.h"
#include "harness/store/imported.h"
#include "harness/trial/error.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <array>

namespace timetrial::store {
namespace {

/// A shard, attached to a connection for as long as this lives.
class Attached {
 public:
  Attached(Connection& connection, const std::filesystem::path& shard) : connection_(connection) {
    Statement(connection, "ATTACH ?1 AS shard").run(shard.string());
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  ~Attached() { sqlite3_exec(connection_.raw(), "DETACH shard", nullptr, nullptr, nullptr); }

 private:
  Connection& connection_;
};

struct Step {
  const char* counted_as;  ///< empty: not reported
  const char* sql;
};

// The attempt of ours that is the shard's attempt: written out in each step that needs it.
#define TIMETRIAL_SAME_ATTEMPT                                                           \
  "JOIN shard.attempt theirs ON theirs.id = o.attempt_id "                               \
  "JOIN main.attempt ours ON ours.trial_id = theirs.trial_id AND ours.run = theirs.run " \
  "AND ours.number = theirs.number "

// The same for an imported trial.
#define TIMETRIAL_SAME_IMPORTED_TRIAL                                                  \
  "JOIN shard.imported_trial theirs ON theirs.id = o.id "                              \
  "JOIN shard.sweep s ON s.id = theirs.sweep_id JOIN main.sweep m ON m.name = s.name " \
  "JOIN main.imported_trial ours ON ours.sweep_id = m.id "                             \
  "AND ours.submission = theirs.submission AND ours.workload = theirs.workload "       \
  "AND ours.study = theirs.study AND ours.trial = theirs.trial "

constexpr std::array kSteps{
    Step{
        "sweeps",
        "INSERT INTO main.sweep SELECT NULL, name, rule_set, rule_set_hash, rule_set_text, tuning, "
        "hardware_profile, hardware_json, versions_json, seed, created_ns, max_steps "
        "FROM shard.sweep o WHERE NOT EXISTS (SELECT 1 FROM main.sweep WHERE name = o.name) "
        "ORDER BY o.id"},
    Step{"",
         "INSERT INTO main.sweep_submission SELECT m.id, o.ordinal, o.name, o.author, o.library, "
         "o.library_hash, o.search_space_json, o.search_space_hash FROM shard.sweep_submission o "
         "JOIN shard.sweep s ON s.id = o.sweep_id JOIN main.sweep m ON m.name = s.name "
         "WHERE NOT EXISTS (SELECT 1 FROM main.sweep_submission "
         "WHERE sweep_id = m.id AND name = o.name)"},
    Step{"",
         "INSERT INTO main.sweep_workload SELECT m.id, o.ordinal, o.name, o.base, o.metric, "
         "o.higher_is_better, o.validation_target, o.test_target, o.budget_s, "
         "o.evaluation_period_s, o.step_hint, o.configuration, o.configuration_hash, o.data_hash "
         "FROM shard.sweep_workload o JOIN shard.sweep s ON s.id = o.sweep_id "
         "JOIN main.sweep m ON m.name = s.name WHERE NOT EXISTS (SELECT 1 FROM "
         "main.sweep_workload WHERE sweep_id = m.id AND name = o.name)"},
    Step{"",
         "INSERT INTO main.sweep_task SELECT m.id, o.workload, o.ordinal, o.name, o.metric, "
         "o.higher_is_better, o.validation_target FROM shard.sweep_task o "
         "JOIN shard.sweep s ON s.id = o.sweep_id JOIN main.sweep m ON m.name = s.name "
         "WHERE NOT EXISTS (SELECT 1 FROM main.sweep_task WHERE sweep_id = m.id "
         "AND workload = o.workload AND name = o.name)"},
    Step{"trials",
         "INSERT INTO main.trial SELECT * FROM shard.trial o "
         "WHERE NOT EXISTS (SELECT 1 FROM main.trial WHERE id = o.id)"},
    Step{"",
         "INSERT INTO main.sweep_trial SELECT m.id, o.ordinal, o.trial_id FROM shard.sweep_trial o "
         "JOIN shard.sweep s ON s.id = o.sweep_id JOIN main.sweep m ON m.name = s.name "
         "WHERE NOT EXISTS (SELECT 1 FROM main.sweep_trial "
         "WHERE trial_id = o.trial_id AND sweep_id = m.id)"},
    Step{"attempts",
         "INSERT INTO main.attempt SELECT NULL, o.trial_id, o.run, o.number, o.started_ns, "
         "o.init_time_s, o.start_time_s, o.start_step, o.host_json FROM shard.attempt o "
         "WHERE NOT EXISTS (SELECT 1 FROM main.attempt "
         "WHERE trial_id = o.trial_id AND run = o.run AND number = o.number) ORDER BY o.id"},
    Step{"",
         "INSERT INTO main.attempt_end SELECT ours.id, o.ended_ns, o.submission_time_s, "
         "o.frozen_cpu_s, o.peak_memory_bytes, o.noise_json "
         "FROM shard.attempt_end o " TIMETRIAL_SAME_ATTEMPT
         "WHERE NOT EXISTS (SELECT 1 FROM main.attempt_end WHERE attempt_id = ours.id)"},
    Step{"evaluations",
         "INSERT INTO main.evaluation SELECT NULL, ours.id, o.ordinal, o.step, "
         "o.submission_time_s, o.evaluation_time_s, o.checkpoint_time_s, o.total_time_s, "
         "o.parameter_hash, o.data_wait_s FROM shard.evaluation o " TIMETRIAL_SAME_ATTEMPT
         "WHERE NOT EXISTS (SELECT 1 FROM main.evaluation "
         "WHERE attempt_id = ours.id AND ordinal = o.ordinal) ORDER BY o.id"},
    Step{"",
         "INSERT INTO main.metric SELECT e.id, m.name, m.value, m.status "
         "FROM shard.metric m JOIN shard.evaluation o ON o.id = "
         "m.evaluation_id " TIMETRIAL_SAME_ATTEMPT
         "JOIN main.evaluation e ON e.attempt_id = ours.id AND e.ordinal = o.ordinal "
         "WHERE NOT EXISTS (SELECT 1 FROM main.metric "
         "WHERE evaluation_id = e.id AND name = m.name)"},
    Step{"",
         "INSERT INTO main.recorded SELECT e.id, m.name, m.value, m.status "
         "FROM shard.recorded m JOIN shard.evaluation o ON o.id = "
         "m.evaluation_id " TIMETRIAL_SAME_ATTEMPT
         "JOIN main.evaluation e ON e.attempt_id = ours.id AND e.ordinal = o.ordinal "
         "WHERE NOT EXISTS (SELECT 1 FROM main.recorded "
         "WHERE evaluation_id = e.id AND name = m.name)"},
    Step{"",
         "INSERT INTO main.training_loss SELECT ours.id, o.first_step, o.stride, o.losses "
         "FROM shard.training_loss o " TIMETRIAL_SAME_ATTEMPT
         "WHERE NOT EXISTS (SELECT 1 FROM main.training_loss "
         "WHERE attempt_id = ours.id AND first_step = o.first_step)"},
    Step{"",
         "INSERT INTO main.checkpoint SELECT NULL, ours.id, o.ordinal, o.file, o.hash, o.step, "
         "o.submission_time_s, o.duration_s FROM shard.checkpoint o " TIMETRIAL_SAME_ATTEMPT
         "WHERE NOT EXISTS (SELECT 1 FROM main.checkpoint "
         "WHERE attempt_id = ours.id AND ordinal = o.ordinal) ORDER BY o.id"},
    Step{"outcomes",
         "INSERT INTO main.outcome SELECT * FROM shard.outcome o WHERE NOT EXISTS "
         "(SELECT 1 FROM main.outcome WHERE trial_id = o.trial_id AND run = o.run)"},
    Step{"",
         "INSERT INTO main.quarantine SELECT * FROM shard.quarantine o WHERE NOT EXISTS "
         "(SELECT 1 FROM main.quarantine q WHERE q.trial_id = o.trial_id AND q.run = o.run "
         "AND q.recorded_ns = o.recorded_ns AND q.action = o.action AND q.reason = o.reason)"},
    Step{"",
         "INSERT INTO main.imported_text SELECT NULL, o.text FROM shard.imported_text o "
         "WHERE NOT EXISTS (SELECT 1 FROM main.imported_text WHERE text = o.text) ORDER BY o.id"},
    Step{"",
         "INSERT INTO main.imported_sweep SELECT m.id, o.format, o.planned_studies "
         "FROM shard.imported_sweep o JOIN shard.sweep s ON s.id = o.sweep_id "
         "JOIN main.sweep m ON m.name = s.name "
         "WHERE NOT EXISTS (SELECT 1 FROM main.imported_sweep WHERE sweep_id = m.id)"},
    Step{"",
         "INSERT INTO main.imported_remark SELECT NULL, m.id, o.remark "
         "FROM shard.imported_remark o JOIN shard.sweep s ON s.id = o.sweep_id "
         "JOIN main.sweep m ON m.name = s.name WHERE NOT EXISTS "
         "(SELECT 1 FROM main.imported_remark WHERE sweep_id = m.id AND remark = o.remark) ORDER "
         "BY o.id"},
    Step{"imported_trials",
         "INSERT INTO main.imported_trial SELECT NULL, m.id, o.submission, o.workload, o.study, "
         "o.trial, o.trial_id, (SELECT id FROM main.imported_text WHERE text = p.text), "
         "o.budget_s, o.kind, o.reason, o.step, o.submission_time_s, o.evaluation_time_s, "
         "o.time_to_target_s, o.time_to_test_target_s, o.best_validation, o.evaluations, o.places, "
         "o.curve "
         "FROM shard.imported_trial o JOIN shard.sweep s ON s.id = o.sweep_id "
         "JOIN main.sweep m ON m.name = s.name JOIN shard.imported_text p ON p.id = o.point "
         "WHERE NOT EXISTS (SELECT 1 FROM main.imported_trial x WHERE x.sweep_id = m.id "
         "AND x.submission = o.submission AND x.workload = o.workload AND x.study = o.study "
         "AND x.trial = o.trial) ORDER BY o.id"},
    Step{"",
         "INSERT INTO main.imported_measurement SELECT ours.id, "
         "(SELECT id FROM main.imported_text WHERE text = l.text), "
         "(SELECT id FROM main.imported_text WHERE text = h.text), "
         "(SELECT id FROM main.imported_text WHERE text = g.text), o.seed, o.folder, o.data "
         "FROM shard.imported_measurement o " TIMETRIAL_SAME_IMPORTED_TRIAL
         "JOIN shard.imported_text l ON l.id = o.layout "
         "JOIN shard.imported_text h ON h.id = o.hparams "
         "JOIN shard.imported_text g ON g.id = o.origin "
         "WHERE NOT EXISTS (SELECT 1 FROM main.imported_measurement x WHERE x.id = ours.id) "
         "ORDER BY o.id"},
};
#undef TIMETRIAL_SAME_ATTEMPT

/// Imported trials that both stores have, with different measurements.
constexpr char kDifferingImports[] =
    "SELECT s.name, theirs.submission, theirs.workload, theirs.study, theirs.trial "
    "FROM shard.imported_trial o " TIMETRIAL_SAME_IMPORTED_TRIAL
    "WHERE theirs.trial_id <> ours.trial_id LIMIT 1";
#undef TIMETRIAL_SAME_IMPORTED_TRIAL

void require_equal_imports(const Connection& connection, const std::string& shard) {
  Statement row(connection, kDifferingImports);
  if (!row.step()) return;
  const TrialKey key{row.text(1), row.text(2), static_cast<int>(row.integer(3)),
                     static_cast<int>(row.integer(4))};
  throw InputError(
      fmt::format("{}: {} of sweep '{}' has other measurements than the store it would "
                  "join; import one of them under another --name",
                  shard, to_string(key), row.text(0)));
}

template <typename Record>
void require_equal(const std::vector<Record>& ours, const std::vector<Record>& theirs,
                   const std::string& where) {
  for (const auto& a : ours) {
    for (const auto& b : theirs) {
      const auto field = a.name == b.name ? difference(a, b) : "";
      if (!field.empty()) {
        throw InputError(fmt::format("{} has another {} of {}; its results belong to another sweep",
                                     where, field, a.name));
      }
    }
  }
}

/// A sweep of one name must be one sweep in both stores.
void require_compatible(const Store& ours, const Store& theirs, const std::string& shard) {
  const auto known = ours.sweeps();
  for (const auto& sweep : theirs.sweeps()) {
    for (const auto& mine : known) {
      if (mine.name != sweep.name) continue;
      const auto where = fmt::format("{}: sweep '{}'", shard, sweep.name);
      const auto field = difference(mine, sweep);
      if (ours.imported(mine.id).has_value() != theirs.imported(sweep.id).has_value()) {
        throw InputError(where + " was run in one of the two stores and imported in the other");
      }
      if (!field.empty()) {
        throw InputError(where + " has another " + field + " than the store it would join");
      }
      require_equal(ours.submissions(mine.id), theirs.submissions(sweep.id), where);
      require_equal(ours.workloads(mine.id), theirs.workloads(sweep.id), where);
    }
  }
}

}  // namespace

std::map<std::string, std::int64_t> Store::merge(const std::filesystem::path& other) {
  auto& connection = impl_->connection;
  {
    const Store shard = open(other, Mode::read_only);
    if (std::filesystem::equivalent(other, connection.file())) {
      throw InputError(other.string() + ": cannot be merged into itself; name another shard");
    }
    if (shard.impl_->connection.integer("PRAGMA user_version") !=
        connection.integer("PRAGMA user_version")) {
      throw InputError(other.string() +
                       ": has an older schema; run `timetrial store check` on it "
                       "with this version first, which brings it up to date");
    }
    require_compatible(*this, shard, other.string());
  }
  impl_->expect_full();
  const Attached attached(connection, other);
  Transaction transaction(connection);
  require_equal_imports(connection, other.string());
  std::map<std::string, std::int64_t> added;
  for (const auto& step : kSteps) {
    connection.execute(step.sql);
    if (*step.counted_as != '\0') added[step.counted_as] = connection.changes();
  }
  transaction.commit();
  return added;
}

}  // namespace timetrial::store
