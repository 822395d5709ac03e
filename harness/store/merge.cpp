// Joining shards. Every row has an identity that does not depend on the store it lies in (trial id,
// run, attempt number, ordinal), so a merge is a union: running it twice, or in another order,
// gives the same store.
#include "harness/store/impl.h"
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
         "o.parameter_hash FROM shard.evaluation o " TIMETRIAL_SAME_ATTEMPT
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
         "INSERT INTO main.checkpoint SELECT NULL, ours.id, o.ordinal, o.file, o.hash, o.step, "
         "o.submission_time_s, o.duration_s FROM shard.checkpoint o " TIMETRIAL_SAME_ATTEMPT
         "WHERE NOT EXISTS (SELECT 1 FROM main.checkpoint "
         "WHERE attempt_id = ours.id AND ordinal = o.ordinal) ORDER BY o.id"},
    Step{"outcomes",
         "INSERT INTO main.outcome SELECT * FROM shard.outcome o WHERE NOT EXISTS "
         "(SELECT 1 FROM main.outcome WHERE trial_id = o.trial_id AND run = o.run)"},
};
#undef TIMETRIAL_SAME_ATTEMPT

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
  std::map<std::string, std::int64_t> added;
  for (const auto& step : kSteps) {
    connection.execute(step.sql);
    if (*step.counted_as != '\0') added[step.counted_as] = connection.changes();
  }
  transaction.commit();
  return added;
}

}  // namespace timetrial::store
