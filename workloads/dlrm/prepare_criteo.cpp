// From Criteo's text to packed rows.
#include "harness/tensorfile/stream_writer.h"
#include "workloads/data/criteo_reader.h"
#include "workloads/data/criteo_row.h"
#include "workloads/data/packed_rows.h"
#include "workloads/data/preparation.h"
#include "workloads/dlrm/criteo_data.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

namespace timetrial::dlrm {
namespace {

namespace fs = std::filesystem;
using data::kPackedRowBytes;

constexpr char kRemedy[] = "timetrial data prepare criteo1tb --from DIR";
constexpr std::int64_t kRowsAtOnce = 65'536, kMegabyte = 1'000'000;
constexpr std::int64_t kSubsetRowsPerFile = 9'000'000;  // a gigabyte

struct Pieces {
  std::vector<fs::path> training, validation, test;
};

Pieces pieces_of(const fs::path& source) {
  return {data::criteo_training_files(source), data::criteo_validation_files(source),
          data::criteo_test_files(source)};
}

std::int64_t megabytes(const fs::path& file) {
  return static_cast<std::int64_t>(fs::file_size(file)) / kMegabyte + 1;
}

std::int64_t megabytes(const std::vector<fs::path>& files) {
  std::int64_t sum = 0;
  for (const fs::path& file : files) sum += megabytes(file);
  return sum;
}

class RowWriter {
 public:
  explicit RowWriter(const fs::path& file)
      : writer_(file, "rows", "U8", {static_cast<std::int64_t>(kPackedRowBytes)}) {}
  void add(std::span<const std::byte> row) { writer_.append(row); }
  void finish() { writer_.finish({}); }

 private:
  tensorfile::StreamWriter writer_;
};

void pack(const Batch& batch, const fs::path& piece, RowWriter& writer) {
  std::array<std::byte, kPackedRowBytes> row{};
  const auto* input = batch.inputs().const_data_ptr<float>();
  const auto* target = batch.targets().const_data_ptr<float>();
  for (std::int64_t i = 0; i < batch.size(); ++i, input += data::kCriteoColumns) {
    if (target[i] != 0 && target[i] != 1) {
      throw workloads::DataError(piece.string() + ": a label is neither 0 nor 1");
    }
    data::pack_row(input, target[i], row);
    writer.add(row);
  }
}

void write_piece(data::Preparation& preparation, const fs::path& folder, const fs::path& piece) {
  const std::string name = piece.filename().string() + ".safetensors";
  preparation.file(folder / name, megabytes(piece), [&](const fs::path& partial) {
    RowWriter writer(partial);
    data::CriteoReader reader({piece});
    for (Batch batch = reader.next(kRowsAtOnce); batch.size() > 0;
         batch = reader.next(kRowsAtOnce)) {
      pack(batch, piece, writer);
      preparation.advance(0);
    }
    writer.finish();
  });
}

void expect_rows(const data::PackedRows& rows, std::int64_t expected, const char* split) {
  if (rows.size() == expected) return;
  throw workloads::DataError("criteo1tb: " + std::to_string(rows.size()) + " rows of " + split +
                             ", expected " + std::to_string(expected) +
                             "; unpack and split the days again (docs/data/criteo1tb.md)");
}

/// `count` rows evenly spread over the training rows, in their order.
void write_subset(data::Preparation& preparation, const data::PackedRows& rows,
                  std::int64_t count) {
  for (std::int64_t begin = 0, part = 0; begin < count; begin += kSubsetRowsPerFile, ++part) {
    const std::string name = std::string("part_") + (part < 10 ? "0" : "") + std::to_string(part);
    preparation.file(fs::path("held_back/train_subset") / (name + ".safetensors"), 1,
                     [&](const fs::path& partial) {
                       RowWriter writer(partial);
                       const std::int64_t end = std::min(begin + kSubsetRowsPerFile, count);
                       for (std::int64_t i = begin; i < end; ++i) {
                         const auto place = static_cast<__int128>(i) * rows.size() / count;
                         writer.add(rows[static_cast<std::int64_t>(place)]);
                       }
                       writer.finish();
                     });
  }
}

std::int64_t subset_files(const CriteoCounts& counts) {
  return (counts.train_subset + kSubsetRowsPerFile - 1) / kSubsetRowsPerFile;
}

/// Bytes of a row of text, from the beginnings of the first, a middle and the last day.
double text_row_bytes(const std::vector<fs::path>& pieces) {
  double bytes = 0, rows = 0;
  for (const fs::path& piece : {pieces.front(), pieces[pieces.size() / 2], pieces.back()}) {
    std::ifstream in(piece);
    std::string line;
    for (int i = 0; i < 10'000 && std::getline(in, line); ++i) {
      bytes += static_cast<double>(line.size() + 1);
      ++rows;
    }
  }
  if (rows == 0) throw workloads::DataError(pieces.front().string() + ": has no rows");
  return bytes / rows;
}

}  // namespace

void prepare_criteo(const fs::path& source, const fs::path& out, const CriteoCounts& counts) {
  const Pieces pieces = pieces_of(source);
  data::Preparation preparation(out, "MB of text",
                                megabytes(pieces.training) + megabytes(pieces.validation) +
                                    megabytes(pieces.test) + subset_files(counts));
  for (const fs::path& piece : pieces.validation) {
    write_piece(preparation, "held_back/validation", piece);
  }
  for (const fs::path& piece : pieces.test) write_piece(preparation, "held_back/test", piece);
  expect_rows({out / "held_back/validation", kPackedRowBytes, kRemedy}, counts.validation,
              "validation");
  expect_rows({out / "held_back/test", kPackedRowBytes, kRemedy}, counts.test, "test");
  for (const fs::path& piece : pieces.training) write_piece(preparation, "training", piece);
  const data::PackedRows training(out / "training", kPackedRowBytes, kRemedy);
  expect_rows(training, counts.training, "training");
  write_subset(preparation, training, counts.train_subset);
}

std::uint64_t bytes_to_prepare_criteo(const fs::path& source, const CriteoCounts& counts) {
  const Pieces pieces = pieces_of(source);
  double text = 0;
  for (const auto* split : {&pieces.training, &pieces.validation, &pieces.test}) {
    for (const fs::path& piece : *split) text += static_cast<double>(fs::file_size(piece));
  }
  const double rows =
      text / text_row_bytes(pieces.training) + static_cast<double>(counts.train_subset);
  return static_cast<std::uint64_t>(rows * kPackedRowBytes);
}

}  // namespace timetrial::dlrm
