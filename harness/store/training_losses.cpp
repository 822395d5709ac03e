// Training losses of the steps, where a sweep asked for them.
#include "harness/store/impl.h"

#include <bit>
#include <cstring>

namespace timetrial::store {

static_assert(std::endian::native == std::endian::little,
              "losses are stored as they lie in memory");

void Store::add_training_losses(std::int64_t attempt, const TrainingLosses& losses) {
  impl_->expect_normal();
  Transaction transaction(impl_->connection);
  Statement(impl_->connection, "INSERT INTO training_loss VALUES (?1,?2,?3,?4)")
      .run(attempt, losses.first_step, losses.stride, std::as_bytes(std::span(losses.losses)));
  transaction.commit();
}

std::vector<TrainingLosses> Store::training_losses(const std::string& trial_id) const {
  std::vector<TrainingLosses> curves;
  if (!impl_->has_recorded()) return curves;
  Statement row(impl_->connection,
                "SELECT l.first_step, l.stride, l.losses FROM v_runs r "
                "JOIN attempt a ON a.trial_id = r.trial_id AND a.run = r.run "
                "JOIN training_loss l ON l.attempt_id = a.id "
                "WHERE r.trial_id = ?1 ORDER BY a.number, l.first_step");
  row.bind_all(trial_id);
  while (row.step()) {
    TrainingLosses losses{row.integer(0), row.integer(1), {}};
    const auto bytes = row.bytes(2);
    losses.losses.resize(bytes.size() / sizeof(float));
    std::memcpy(losses.losses.data(), bytes.data(), bytes.size());
    // An attempt that went back to a checkpoint does its steps again.
    while (!curves.empty() && curves.back().first_step >= losses.first_step) curves.pop_back();
    curves.push_back(std::move(losses));
  }
  return curves;
}

}  // namespace timetrial::store
