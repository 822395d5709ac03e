#pragma once
// How often each of K tasks is drawn from, given how many examples it has, for workloads whose
// examples belong to one task each; and how many examples of each make up a batch.

#include <cstdint>
#include <vector>

namespace timetrial::multitask {

/// Shares of sum 1, proportional to examples^(1 / temperature): 1 is in proportion, infinity equal
/// shares. A task without examples has none.
/// Source  Arivazhagan et al. 2019, "Massively Multilingual Neural Machine Translation in the Wild"
std::vector<double> temperature_shares(const std::vector<std::int64_t>& examples,
                                       double temperature);

/// Equal shares of a budget of `examples_drawn`, but no task is passed over more than `epochs`
/// times: what it leaves is shared among larger ones. Where the budget is more than all tasks may
/// be passed over, shares are in proportion to their examples.
/// Source  Chung et al. 2023, "UniMax: Fairer and more Effective Language Sampling", Algorithm 1
std::vector<double> unimax_shares(const std::vector<std::int64_t>& examples, double examples_drawn,
                                  double epochs);

/// Counts of sum `batch_size`, each the floor or the ceiling of its share of the batch and its
/// share in the mean over seeds (systematic sampling). `shares` has sum 1 and is not empty. Source
/// Madow 1949, "On the Theory of Systematic Sampling, II"
std::vector<std::int64_t> sampled_counts(const std::vector<double>& shares, std::int64_t batch_size,
                                         std::uint64_t seed);

}  // namespace timetrial::multitask
