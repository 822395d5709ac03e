// Molecules, written as SMILES or in the files of the Open Graph Benchmark.
#include "tests/fuzz/choice.h"
#include "tests/fuzz/compressed.h"
#include "tests/fuzz/data_readers.h"
#include "tests/fuzz/temporary_folder.h"
#include "workloads/gnn/gnn.h"
#include "workloads/gnn/molecule_graph.h"
#include "workloads/gnn/molecule_set.h"
#include "workloads/gnn/molpcba.h"

#include <algorithm>
#include <filesystem>

namespace timetrial::fuzz {
namespace {

void read_smiles(std::string_view bytes) {
  const auto graph = gnn::read_smiles(std::string(bytes));
  if (!graph) return;
  const auto atoms = std::ssize(graph->atoms);
  require(atoms > 0, "a molecule has atoms");
  for (const auto& bond : graph->bonds) {
    require(bond.from >= 0 && bond.from < atoms && bond.to >= 0 && bond.to < atoms, "a bond");
  }
}

/// The nine files, one after the other, each ended by an empty line.
void read_molpcba(std::string_view bytes) {
  static const TemporaryFolder folder;
  for (const char* name :
       {"raw/num-node-list", "raw/num-edge-list", "split/scaffold/train", "split/scaffold/valid",
        "split/scaffold/test", "raw/node-feat", "raw/edge", "raw/edge-feat", "raw/graph-label"}) {
    const auto end = std::min(bytes.find("\n\n"), bytes.size());
    folder.write(std::string(name) + ".csv.gz",
                 compressed(bytes.substr(0, std::min(end + 1, bytes.size()))));
    bytes.remove_prefix(std::min(end + 2, bytes.size()));
  }
  const auto out = folder.path() / "out";
  std::filesystem::remove_all(out);
  gnn::prepare_molpcba(folder.path(), out);
  const auto set =
      gnn::open_molecules(out / "training/train.safetensors", gnn::kMolpcbaTasks, "prepare");
  require(set.size() > 0, "molecules to train on");
}

}  // namespace

void read_molecule(std::string_view bytes) {
  static constexpr Reader kReaders[] = {read_smiles, read_molpcba};
  read_by_first_byte(bytes, kReaders);
}

}  // namespace timetrial::fuzz
