// Adding imported logs: one transaction, whatever their size.
#include "harness/store/impl.h"
#include "harness/store/imported.h"
#include "harness/store/journal.h"
#include "harness/store/packed_columns.h"
#include "harness/trial/error.h"
#include "harness/trial/sha256.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace timetrial::store {
namespace {

/// Ids of texts that many trials share.
class TextIds {
 public:
  explicit TextIds(Connection& connection)
      : connection_(connection),
        find_(connection, "SELECT id FROM imported_text WHERE text = ?1"),
        insert_(connection, "INSERT INTO imported_text VALUES (NULL, ?1)") {}

  std::int64_t id(std::string_view text) {
    key_ = text;
    const auto [at, is_new] = ids_.try_emplace(key_, 0);
    if (is_new) at->second = find_or_insert(text);
    return at->second;
  }

 private:
  std::int64_t find_or_insert(std::string_view text) {
    find_.bind_all(text);
    const bool found = find_.step();
    const auto id = found ? find_.integer(0) : 0;
    find_.reset();
    if (found) return id;
    insert_.run(text);
    return connection_.last_id();
  }

  Connection& connection_;
  Statement find_, insert_;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::string key_;  ///< kept for its memory
};

class Importer {
 public:
  Importer(Connection& connection, const ImportedSweep& terms, std::int64_t sweep, bool new_sweep)
      : connection_(connection),
        terms_(terms),
        sweep_(sweep),
        texts_(connection),
        find_(connection,
              "SELECT trial_id FROM imported_trial WHERE sweep_id = ?1 AND submission = ?2 "
              "AND workload = ?3 AND study = ?4 AND trial = ?5"),
        insert_trial_(connection,
                      "INSERT INTO imported_trial VALUES "
                      "(NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)"),
        insert_measurement_(connection,
                            "INSERT INTO imported_measurement VALUES (?1,?2,?3,?4,?5,?6,?7)") {
    counts_.new_sweep = new_sweep;
  }

  void add(const ImportedTrial& trial) {
    pack(trial, packed_);
    const auto id = imported_trial_id(
        {terms_.sweep.rule_set_hash, terms_.sweep.tuning, trial.key},
        {packed_.curve, packed_.layout, packed_.data, std::as_bytes(trial.places)});
    if (!counts_.new_sweep && is_known(trial.key, id)) {
      ++counts_.known;
      return;
    }
    insert(trial, id);
    ++counts_.added;
    counts_.evaluations += static_cast<std::int64_t>(trial.time.size());
  }

  const ImportCounts& counts() const { return counts_; }

 private:
  bool is_known(const TrialKey& key, const std::string& id) {
    find_.bind_all(sweep_, key.submission, key.workload, key.study, key.trial);
    const bool found = find_.step();
    const auto stored = found ? find_.text(0) : "";
    find_.reset();
    if (found && stored != id) {
      throw InputError(fmt::format(
          "{}: {} of sweep '{}' is stored with other measurements; import these logs under another "
          "--name",
          connection_.file().string(), to_string(key), terms_.sweep.name));
    }
    return found;
  }

  void insert(const ImportedTrial& trial, const std::string& id) {
    insert_trial_.run(sweep_, trial.key.submission, trial.key.workload, trial.key.study,
                      trial.key.trial, id, point_id(trial), trial.budget_s,
                      std::string_view(to_string(trial.outcome.kind)), trial.outcome.reason,
                      trial.outcome.step, trial.outcome.submission_time_s, trial.evaluation_time_s,
                      trial.time_to_target_s, trial.time_to_test_target_s, trial.best_validation,
                      trial.time.size(), std::as_bytes(trial.places),
                      std::span<const std::byte>(packed_.curve));
    const auto row = connection_.last_id();  // before a text changes it
    insert_measurement_.run(row, texts_.id(packed_.layout), texts_.id(trial.hparams),
                            texts_.id(trial.origin), trial.seed, trial.folder,
                            std::span<const std::byte>(packed_.data));
  }

  /// Thousands of trials have a handful of points: the JSON of each is made once.
  std::int64_t point_id(const ImportedTrial& trial) {
    const auto [at, is_new] = points_.try_emplace(*trial.point, 0);
    if (is_new) at->second = texts_.id(to_json(*trial.point));
    return at->second;
  }

  Connection& connection_;
  const ImportedSweep& terms_;
  std::int64_t sweep_;
  TextIds texts_;
  Statement find_, insert_trial_, insert_measurement_;
  PackedColumns packed_;
  std::map<std::map<std::string, double>, std::int64_t> points_;
  ImportCounts counts_;
};

/// Keeps WAL out of the way of a new store's first logs, which it would make write twice.
class WrittenOnce {
 public:
  WrittenOnce(Connection& connection, bool new_store)
      : connection_(connection), left_(new_store && leave_wal(connection)) {}
  ~WrittenOnce() {
    if (!left_) return;
    try {
      choose_journal(connection_);
    } catch (const std::exception&) {
      // Whoever opens the store next chooses again.
    }
  }
  WrittenOnce(const WrittenOnce&) = delete;
  WrittenOnce& operator=(const WrittenOnce&) = delete;

 private:
  Connection& connection_;
  bool left_;
};

void insert_remarks(Connection& connection, std::int64_t sweep,
                    const std::vector<std::string>& remarks) {
  Statement insert(connection,
                   "INSERT INTO imported_remark SELECT NULL, ?1, ?2 WHERE NOT EXISTS "
                   "(SELECT 1 FROM imported_remark WHERE sweep_id = ?1 AND remark = ?2)");
  for (const auto& remark : remarks) insert.run(sweep, remark);
}

/// Submissions that an earlier import of the same sweep did not have.
void insert_new_submissions(Connection& connection, std::int64_t sweep,
                            const std::vector<SubmissionRecord>& submissions) {
  Statement insert(connection,
                   "INSERT INTO sweep_submission SELECT ?1, (SELECT COUNT(*) FROM sweep_submission "
                   "WHERE sweep_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS "
                   "(SELECT 1 FROM sweep_submission WHERE sweep_id = ?1 AND name = ?2)");
  for (const auto& r : submissions) {
    insert.run(sweep, r.name, r.author, r.library, r.library_hash, r.search_space_json,
               r.search_space_hash);
  }
}

}  // namespace

std::string imported_trial_id(const ImportedIdentity& identity, const ImportedBytes& bytes) {
  Sha256 hash;
  const auto& key = identity.key;
  hash.update(fmt::format("timetrial imported trial 1;{}:{}{}:{}{}:{}{}:{}{};{};",
                          identity.rule_set_hash.size(), identity.rule_set_hash,
                          identity.tuning.size(), identity.tuning, key.submission.size(),
                          key.submission, key.workload.size(), key.workload, key.study, key.trial));
  hash.update(fmt::format("{}:", bytes.curve.size())).update(bytes.curve);
  hash.update(fmt::format("{}:", bytes.layout.size())).update(bytes.layout);
  hash.update(fmt::format("{}:", bytes.data.size())).update(bytes.data);
  hash.update(fmt::format("{}:", bytes.places.size())).update(bytes.places);
  return hash.hex();
}

ImportCounts Store::import_logs(const ImportedSweep& terms, const ImportSource& source) {
  auto& connection = impl_->connection;
  impl_->expect_full();
  // The index by id is touched at random places, so it has to stay in memory: 32 MiB hold that of
  // 300,000 trials (KiB, negative by SQLite's convention).
  connection.execute("PRAGMA cache_size = -32768");
  const WrittenOnce written_once(connection, sweeps().empty());
  Transaction transaction(connection);
  std::optional<std::int64_t> sweep;
  for (const auto& known : sweeps()) {
    if (known.name != terms.sweep.name) continue;
    const auto differing = difference(known, terms.sweep);
    if (!differing.empty() || !imported(known.id)) {
      throw InputError(
          fmt::format("{}: sweep '{}' exists and {}; give these logs another --name",
                      connection.file().string(), known.name,
                      differing.empty() ? "was run, not imported" : "differs (" + differing + ")"));
    }
    sweep = known.id;
  }
  const bool new_sweep = !sweep;
  if (new_sweep) {
    sweep = insert_sweep(connection, terms.sweep, terms.submissions, terms.workloads);
    Statement(connection, "INSERT INTO imported_sweep VALUES (?1, ?2, ?3)")
        .run(*sweep, terms.format, terms.planned_studies);
  } else {
    insert_new_submissions(connection, *sweep, terms.submissions);
  }
  Importer importer(connection, terms, *sweep, new_sweep);
  insert_remarks(connection, *sweep,
                 source([&](const ImportedTrial& trial) { importer.add(trial); }));
  transaction.commit();
  return importer.counts();
}

}  // namespace timetrial::store
