#pragma once
// The JSON files of a trial: flat objects of numbers, booleans, texts and null.
//
//   hparams.json         the hyperparameters; absent under self-tuning
//   meta_data_0.json     "workload.max_allowed_runtime_sec", "rng_seed", the machine, the commit
//   flags_0.json         "tuning_ruleset": "external" or "self"
// Source  algorithmic-efficiency, algorithmic_efficiency/logger_utils.py (write_hparams,
// get_meta_data)

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace timetrial::algoperf {

struct MetaData {
  std::optional<double> budget_s;  ///< external, as logged under self-tuning too
  std::optional<std::int64_t> seed;
  /// The machine and the code as one JSON object, such as "gpu_model_name", "git_commit_hash", with
  /// the file's own spelling of each value; empty when none of them is there.
  std::string origin_json;
};

/// Parses with memory of its own, kept between files. Each call returns nothing for a text that is
/// no JSON object.
class TrialJson {
 public:
  TrialJson();
  ~TrialJson();
  std::optional<MetaData> meta_data(std::string_view text);
  /// The numbers of an object; booleans are 0 and 1, texts and null are left out.
  std::optional<std::map<std::string, double>> point(std::string_view text);
  /// "tuning_ruleset" of flags; an empty text when there is none.
  std::optional<std::string> tuning(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace timetrial::algoperf
