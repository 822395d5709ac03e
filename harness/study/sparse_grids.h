#pragma once
// How much a sparse grid of learning rates leaves to chance, against what seeds do.
//
// Ten people each try three rates, k * {0.001, 0.01, 0.1} with a k of their own from 1 to 10,
// choose by validation, and report their best loss: how far are their numbers apart, where nothing
// but the grid differs? For each seed the standard deviation of the ten test losses, over the
// standard deviation between seeds at the rate that is best of all.
//
// Group    rates: static equal weights at the rates of all grids that the front does not have;
// those
//          of the front with the same hyperparameters apart from the rate are taken along
// Losses   the mean over the tasks; of test, at the rate that is best on validation
// Source   Xin et al. 2022 (arXiv 2209.11379), who find a ratio of 6 to 7 in translation

#include "harness/study/analysis.h"

namespace timetrial::study {

constexpr const char* kRates = "rates";

/// Adds statistics grid_deviation, seed_deviation and grid_to_seed_ratio, and a table of the grids.
/// Nothing where a rate of a grid, or one of its seeds, is missing, or no rate of a grid was
/// finite.
void add_sparse_grids(const Group& front, const Group& rates, const AnalysisTerms& terms,
                      Findings& findings);

}  // namespace timetrial::study
