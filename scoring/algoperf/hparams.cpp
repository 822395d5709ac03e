#include "scoring/algoperf/hparams.h"

#include <utility>

namespace timetrial::algoperf {

const Hparams& HparamsCache::of(const LogTrial& trial) {
  key_ = trial.hparams;
  const auto [at, is_new] = known_.try_emplace(key_);
  auto& hparams = at->second;
  if (is_new && !key_.empty()) {
    auto point = json_.point(key_);
    hparams.sound = point.has_value();
    if (point) hparams.point = std::move(*point);
  }
  if (!hparams.sound) findings_.add(Finding::bad_json, trial.path() + "/" + kHparamsFile);
  return hparams;
}

}  // namespace timetrial::algoperf
