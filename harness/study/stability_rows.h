#pragma once
// What each learning rate of a method gave, for the analysis "stability" (stability_analysis.cpp
// has its rules), and what of it smaller models change.

#include "harness/study/analysis.h"

#include <map>
#include <string>
#include <vector>

namespace timetrial::study {

/// One rate of a method, over seeds.
struct Cell {
  int runs = 0, full = 0, micro = 0;
  int by_losses = 0;  ///< of `full`, those that more than the last metric says of
  std::vector<double> validation, test;  ///< of the seeds that were measured

  bool complete() const { return runs > 0 && static_cast<int>(test.size()) == runs; }
};

/// By rate, rising.
using Row = std::map<double, Cell>;
/// By group.
using Rows = std::map<std::string, Row>;

Row row_of(const Group& group, const AnalysisTerms& terms);

/// Runs of a row that diverged fully.
int diverged(const Row& row);

/// Whether a smaller net, fewer features and fewer tasks diverge less often at one rate, the lowest
/// at which at least half of the reference's runs diverge; so nobody chooses it. Groups of smaller
/// models are those whose names begin with the reference's and ", ". Statistics smaller_models and
/// smaller_that_diverge_less; the same by the losses alone, since a metric below the limit may be
/// all that fewer features can reach, where the reference diverges by its losses at all. Nothing
/// without such groups, or such a rate.
/// Source  Tang et al. 2023 (arXiv 2302.09178), table 3
void add_ablations(const Results& results, const Rows& rows, Findings& findings);

}  // namespace timetrial::study
