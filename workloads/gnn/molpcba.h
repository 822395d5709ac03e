#pragma once
// ogbg-molpcba as the Open Graph Benchmark's package downloads it, prepared for `ogbg`.
//
//   <source>/raw/{num-node-list,num-edge-list,node-feat,edge,edge-feat,graph-label}.csv.gz
//   <source>/split/scaffold/{train,valid,test}.csv.gz
//
// None has a header. Molecule i is line i of the two lists and of the labels, and the next so many
// lines of the others; each bond is there once. The split files hold numbers of molecules.
// docs/data/ogbg.md says more.
// Source  Hu et al. 2020, "Open Graph Benchmark" (arXiv 2005.00687)
// Errors  DataError: one line with file, line, what was expected and the remedy

#include <cstdint>
#include <filesystem>

namespace timetrial::gnn {

inline constexpr std::int64_t kMolpcbaTasks = 128;

/// Writes the four files of property_workload.h; those that are there are kept. Molecules are in
/// the order of the source; train_subset has as many as validation, evenly spread over training.
void prepare_molpcba(const std::filesystem::path& source, const std::filesystem::path& out);

/// What the four files will hold, from the two lists.
std::uint64_t bytes_of_molpcba(const std::filesystem::path& source);

}  // namespace timetrial::gnn
