// Prepared data, which every trial maps.
#include "tests/fuzz/choice.h"
#include "tests/fuzz/data_readers.h"
#include "tests/fuzz/temporary_folder.h"
#include "workloads/data/criteo_row.h"
#include "workloads/data/packed_rows.h"
#include "workloads/data/records.h"
#include "workloads/gnn/molecule_set.h"
#include "workloads/lm/byte_windows.h"
#include "workloads/lm/token_windows.h"
#include "workloads/unet/slice_set.h"

#include <array>
#include <vector>

namespace timetrial::fuzz {
namespace {

constexpr const char* kPrepare = "timetrial data prepare NAME";

/// The first and the last of them, so that both ends are looked at.
std::vector<std::int64_t> ends(std::int64_t size) {
  return size == 0 ? std::vector<std::int64_t>() : std::vector<std::int64_t>{0, size - 1};
}

void read_molecules(std::string_view bytes) {
  static const TemporaryFolder folder;
  const auto set = gnn::open_molecules(folder.write("m.safetensors", bytes), 2, kPrepare);
  if (set.size() == 0) return;
  const auto batch = gnn::collate(set, gnn::unpadded(set, ends(set.size())));
  const std::int64_t nodes = batch.at("nodes").size(0);
  for (const char* name : {"senders", "receivers"}) {
    const auto& rows = batch.at(name);
    if (rows.numel() == 0) continue;
    require(rows.min().item<std::int64_t>() >= 0 && rows.max().item<std::int64_t>() < nodes,
            "edges join nodes of the batch");
  }
}

void read_records(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write("r-00000-of-00001.safetensors", bytes);
  const data::Records records(folder.path() / "r", kPrepare);
  std::size_t sum = 0;
  for (std::int64_t i = 0; i < records.size(); ++i) {
    for (const std::byte byte : records[i]) sum += std::to_integer<std::size_t>(byte);
  }
  require(sum <= 255 * bytes.size(), "each record is within the file");
  require(records.column("labels", at::kShort, {}).numel() == records.size(), "a row for each");
}

void read_slices(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write("train-00000-of-00001.safetensors", bytes);
  const unet::SliceSet slices(folder.path(), "train", kPrepare);
  if (slices.size() == 0) return;
  const auto batch = slices.gather(ends(slices.size()));
  require(batch.inputs().sizes() == batch.targets().sizes(), "images of one size");
}

void read_rows(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write("a.safetensors", bytes);
  const data::PackedRows rows(folder.path(), data::kPackedRowBytes, kPrepare);
  std::array<float, data::kCriteoColumns> inputs{};
  for (const std::int64_t i : ends(rows.size())) {
    const float label = data::unpack_row(rows[i].first<data::kPackedRowBytes>(), inputs.data());
    require(label == 0 || label == 1, "a label");
  }
}

void read_bytes(std::string_view bytes) {
  static const TemporaryFolder folder;
  const lm::ByteWindows windows(folder.write("b.safetensors", bytes), 4, kPrepare);
  require(windows.gather(ends(windows.size())).inputs().size(1) == 4, "windows");
}

void read_tokens(std::string_view bytes) {
  static const TemporaryFolder folder;
  const lm::TokenWindows windows({folder.write("t.safetensors", bytes)}, 4, kPrepare);
  require(windows.gather(ends(windows.size())).targets().size(1) == 4, "windows");
}

}  // namespace

void read_prepared(std::string_view bytes) {
  static constexpr Reader kReaders[] = {read_molecules, read_records, read_slices,
                                        read_rows,      read_bytes,   read_tokens};
  read_by_first_byte(bytes, kReaders);
}

}  // namespace timetrial::fuzz
