// chemicals_gnn: which official inventories is a substance on? Half of the molecules of the package
// chemicals, split by scaffold.
#include <timetrial/random.h>

#include "workloads/gnn/chemicals_table.h"
#include "workloads/gnn/molecule_set.h"
#include "workloads/gnn/property_workload.h"

namespace timetrial::gnn {
namespace {

// Of a hundred substances, by hash of the CAS number: what a short run sees once or twice.
constexpr std::uint64_t kKept = 50;
// Of a hundred scaffolds, by hash of their text: 0-4 validation, 5-9 test.
constexpr std::uint64_t kValidation = 5, kTest = 10;
// A few polymers and peptides are larger; one of them would make a batch many times slower.
constexpr std::size_t kMostAtoms = 100;
constexpr std::int64_t kTrainSubset = 500;
constexpr auto kTasks = static_cast<std::int64_t>(kInventories.size());

const MoleculeSource& source() {
  static const MoleculeSource source{.dataset = "chemicals",
                                     .prepare = "timetrial data prepare chemicals_gnn"};
  return source;
}

struct Parts {
  MoleculeSetBuilder training{kTasks}, train_subset{kTasks}, validation{kTasks}, test{kTasks};
};

/// The molecules of the chosen substances, in the order of the table, and where each belongs.
struct Chosen {
  std::vector<MoleculeGraph> graphs;
  std::vector<std::array<std::int8_t, kInventories.size()>> labels;
};

Chosen choose(const Chemicals& chemicals) {
  Chosen chosen;
  std::size_t refused = 0;
  for (const Substance& substance : chemicals.substances) {
    if (hash_text(std::to_string(substance.cas)) % 100 >= kKept) continue;
    auto graph = read_smiles(substance.smiles);
    refused += !graph;
    if (!graph || graph->atoms.size() > kMostAtoms) continue;
    chosen.graphs.push_back(*std::move(graph));
    chosen.labels.push_back(chemicals.labels(substance.cas));
  }
  if (100 * refused > chosen.graphs.size()) {
    throw workloads::DataError("chemicals: RDKit cannot read " + std::to_string(refused) +
                               " of the SMILES, expected at most one in a hundred; unpack the "
                               "package chemicals again (scripts/setup.sh)");
  }
  return chosen;
}

Parts split(const Chosen& chosen) {
  Parts parts;
  std::vector<std::size_t> training;
  const auto add = [&](MoleculeSetBuilder& set, std::size_t i) {
    set.add(chosen.graphs[i].atoms, chosen.graphs[i].bonds, chosen.labels[i]);
  };
  for (std::size_t i = 0; i < chosen.graphs.size(); ++i) {
    const std::uint64_t bucket = hash_text(chosen.graphs[i].scaffold) % 100;
    if (bucket < kValidation) {
      add(parts.validation, i);
    } else if (bucket < kTest) {
      add(parts.test, i);
    } else {
      add(parts.training, i);
      training.push_back(i);
    }
  }
  const auto subset = std::min<std::size_t>(kTrainSubset, training.size());
  for (std::size_t i = 0; i < subset; ++i) {
    add(parts.train_subset, training[i * training.size() / subset]);
  }
  return parts;
}

class ChemicalInventories final : public PropertyWorkload {
 public:
  explicit ChemicalInventories(const Config& config) : PropertyWorkload(config, source()) {}

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const Parts parts = split(choose(read_chemicals(packages / "chemicals")));
    write_molecules(out / "training" / "train.safetensors", parts.training.finish());
    const auto held_back = out / "held_back";
    write_molecules(held_back / "train_subset.safetensors", parts.train_subset.finish());
    write_molecules(held_back / "validation.safetensors", parts.validation.finish());
    write_molecules(held_back / "test.safetensors", parts.test.finish());
  }
};

std::unique_ptr<workloads::Workload> make_chemicals(const Config& config) {
  return std::make_unique<ChemicalInventories>(config);
}

Config mini(void (*change)(Config&) = [](Config&) {}) {
  Config config;
  config.outputs = kTasks;
  config.latent_dim = 64;
  config.hidden_dims = {64};
  config.steps = 3;
  config.dropout = 0;  // at this size a tenth is too much: README.md
  change(config);
  return config;
}

}  // namespace

TIMETRIAL_WORKLOAD("chemicals_gnn", make_chemicals, mini());
TIMETRIAL_VARIANT("chemicals_gnn_gelu", "chemicals_gnn", make_chemicals,
                  mini([](Config& c) { c.activation = Activation::gelu; }));
TIMETRIAL_VARIANT("chemicals_gnn_silu", "chemicals_gnn", make_chemicals,
                  mini([](Config& c) { c.activation = Activation::silu; }));
TIMETRIAL_VARIANT("chemicals_gnn_model_size", "chemicals_gnn", make_chemicals, mini([](Config& c) {
                    c.hidden_dims = {64, 64};
                    c.latent_dim = 32;
                    c.steps = 2;
                  }));

}  // namespace timetrial::gnn
