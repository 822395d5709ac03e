// Files that are not text: compressed ones, sound, images, volumes, tokens.
#include "tests/fuzz/choice.h"
#include "tests/fuzz/compressed.h"
#include "tests/fuzz/data_readers.h"
#include "tests/fuzz/temporary_folder.h"
#include "workloads/data/audio_file.h"
#include "workloads/data/gzip.h"
#include "workloads/data/gzip_lines.h"
#include "workloads/data/idx_reader.h"
#include "workloads/data/image_decoding.h"
#include "workloads/data/npy.h"
#include "workloads/data/zip.h"
#include "workloads/lm/token_stream.h"
#include "workloads/unet/head_volume.h"

#include <span>

namespace timetrial::fuzz {
namespace {

std::span<const std::byte> as_bytes(std::string_view bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

void read_gzip(std::string_view bytes) {
  const FileInMemory file(bytes);
  data::read_gzip(file.path());
}

void read_gzip_lines(std::string_view bytes) {
  const FileInMemory file(bytes);
  data::GzipLines lines(file.path(), "; fetch it again");
  std::string_view line;
  std::size_t count = 0;
  while (lines.next(line)) ++count;
  require(lines.number() == count, "lines are counted");
}

void read_zip(std::string_view bytes) {
  const FileInMemory file(bytes);
  data::read_zip(file.path(), "; fetch it again");
}

/// What lies in the gzip file: a check sum would keep the fuzzer out.
void read_idx(std::string_view bytes) {
  const FileInMemory file(compressed(bytes));
  require(data::read_idx(file.path(), {2, 3}).numel() == 6, "as many values as were asked for");
}

void read_audio(std::string_view bytes) {
  constexpr std::int64_t kRate = 8000;
  const auto samples = data::decode_audio(as_bytes(bytes), "f", kRate);
  const FileInMemory file(bytes);
  require(data::audio_samples(file.path(), kRate) == std::ssize(samples), "as many as promised");
}

void read_image(std::string_view bytes) {
  const data::EncodedImage image(as_bytes(bytes), "f");
  // A few bytes may stand for millions of pixels, honestly; that is not what is looked for.
  constexpr std::int64_t kMostPixels = 1 << 18;
  if (image.height() * image.width() > kMostPixels) return;
  const auto all = image.decode();
  require(all.size(0) == image.height() && all.size(1) == image.width(), "the header's size");
  const data::Box middle = {image.height() / 2, image.width() / 2, 1, 1};
  require(image.decode(middle).numel() == 3, "a box");
}

void read_head(std::string_view bytes) {
  static const TemporaryFolder folder;  // the library looks at the name's end
  const auto head = unet::read_head(folder.write("head.nii", bytes), "; fetch it again");
  require(head.dim() == 3 && head.numel() > 0, "a volume");
}

void read_tokens(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write("train/a.bin", bytes);
  const lm::TokenStream tokens(folder.path(), "train", /*vocabulary=*/50257, "fetch it again");
  require(std::ssize(tokens.read(0, tokens.size())) == tokens.size(), "all tokens");
}

void read_npy(std::string_view bytes) {
  const FileInMemory file(bytes);
  const auto array = data::read_npy(file.path(), "fetch it again");
  require(array.nbytes() <= bytes.size(), "no larger than its file");
}

}  // namespace

void read_encoded(std::string_view bytes) {
  static constexpr Reader kReaders[] = {read_gzip, read_gzip_lines, read_zip,
                                        read_idx,  read_audio,      read_image,
                                        read_head, read_tokens,     read_npy};
  read_by_first_byte(bytes, kReaders);
}

}  // namespace timetrial::fuzz
