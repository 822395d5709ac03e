#pragma once
// The folders of a set of logs, put in order and numbered:
//
//   <submission>/<study>/<workload>_<jax|pytorch>/trial_<N>*
//
// As AlgoPerf's reader takes them: any name of a submission, study or workload folder; trials begin
// with "trial_" and a digit. What does not fit is a finding. Names that are not UTF-8 or begin with
// a dot are strays.
//
// Numbers  of a trial: N; of a study: the N of "study_N". A name without a number, or whose number
//          is taken, gets the next one above all others.
// Order    submissions and workload folders by name, studies and trials by number

#include "scoring/algoperf/findings.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::algoperf {

struct TrialFolder {
  std::string name;  ///< "trial_3"
  int number = 0;
  std::size_t slot = 0;  ///< free for the source
};

struct WorkloadFolder {
  std::string submission, study_name;
  int study = 0;
  std::string name;       ///< "wmt_jax"
  std::string workload;   ///< "wmt"
  std::string framework;  ///< "jax", "pytorch" or empty
  std::vector<TrialFolder> trials;

  std::string path() const { return submission + "/" + study_name + "/" + name; }
};

struct LogTree {
  std::vector<WorkloadFolder> workloads;  ///< those with trials
  std::size_t trials() const;

  /// Gives studies and trials their numbers, and puts all in order. Folders without trials become
  /// findings.
  void arrange(Findings& findings);
  /// Throws InputError naming both folders where a submission has a workload in two frameworks.
  void require_one_framework(const std::string& place) const;
};

/// "trial_" and a digit.
bool is_trial_name(std::string_view name);
/// A name that may stand for a submission, a study or a workload.
bool is_folder_name(std::string_view name);
/// Without the framework: fills workload and framework from the folder's name.
void split_framework(WorkloadFolder& folder);

}  // namespace timetrial::algoperf
