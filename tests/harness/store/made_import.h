#pragma once
// Imported logs made up for the tests of the store: one sweep of submissions a and b on workloads
// "up" (accuracy, target 0.9) and "down" (loss, target 1), one study of two trials.

#include "harness/store/imported.h"
#include "harness/store/store.h"

#include <functional>
#include <string>
#include <vector>

namespace timetrial::store {

struct MadeImport {
  std::string name = "logs";
  std::vector<std::string> submissions{"a", "b"};
  int trials = 2;
  int rows = 3;
  double shift = 0;  ///< added to every value: other measurements
  std::vector<std::string> remarks{"1 stray file"};

  ImportCounts import_into(Store& store) const;
  /// Called with each trial before it is added.
  std::function<void(ImportedTrial&)> change = {};
};

}  // namespace timetrial::store
