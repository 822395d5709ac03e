#pragma once
// Hyperparameters by the text of their file: thousands of files hold a handful of points.

#include "scoring/algoperf/findings.h"
#include "scoring/algoperf/log_source.h"
#include "scoring/shared_point.h"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace timetrial::algoperf {

struct Hparams {
  scoring::SharedPoint point;  ///< the numbers; booleans as 0 and 1
  bool sound = true;           ///< the text is JSON, or there is none
};

class HparamsCache {
 public:
  explicit HparamsCache(Findings& findings) : findings_(findings) {}
  /// Text that is no JSON is a finding and gives no point.
  const Hparams& of(const LogTrial& trial);

 private:
  Findings& findings_;
  TrialJson json_;
  std::unordered_map<std::string, Hparams> known_;
  std::string key_;  ///< kept for its memory
};

}  // namespace timetrial::algoperf
