// NumPy's arrays, as its own savers write them, and what is refused.
#include "workloads/data/npy.h"

#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <fstream>

namespace timetrial::data {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

std::string npy(const std::string& header, const std::string& values, char version = 1) {
  const auto length = static_cast<char>(header.size());
  const std::string size = version == 1 ? std::string{length, '\0'} : std::string{length, 0, 0, 0};
  return "\x93NUMPY"s + std::string{version, '\0'} + size + header + values;
}

std::string header(const char* type, const char* shape) {
  return "{'descr': '"s + type + "', 'fortran_order': False, 'shape': " + shape + ", }  \n";
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

class Npy : public testing::Test {
 protected:
  at::Tensor read(const std::string& bytes) {
    std::ofstream(file_, std::ios::binary) << bytes;
    return read_npy(file_, "make it again");
  }
  std::string refusal(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "no error";
  }
  const test::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "a.npy";
};

TEST_F(Npy, ArraysHaveTheirShapeTypeAndValues) {
  const auto floats = read(npy(header("<f4", "(2, 1, 2)"), bytes_of<float>({1, 2, 3, 4.5F})));
  EXPECT_TRUE(floats.equal(at::tensor({1.0F, 2.0F, 3.0F, 4.5F}).view({2, 1, 2})));
  const auto longs = read(npy(header("<i8", "(2,)"), bytes_of<std::int64_t>({-7, 9}), 2));
  EXPECT_TRUE(longs.equal(at::tensor({-7, 9}, at::kLong)));
  const auto bytes = read(npy(header("|u1", "(3,)"), "\x01\x02\xff"s));
  EXPECT_TRUE(bytes.equal(at::tensor({1, 2, 255}, at::kByte)));
  EXPECT_EQ(read(npy(header("<f8", "()"), bytes_of<double>({0.5}))).item<double>(), 0.5);
  EXPECT_EQ(read(npy(header("<f8", "(0, 3)"), "")).sizes(), (std::vector<std::int64_t>{0, 3}));
}

TEST_F(Npy, MalformedOnesAreRefusedWithFileFaultAndRemedy) {
  const std::string good = npy(header("<f4", "(2,)"), bytes_of<float>({1, 2}));
  const std::string whole = header("<f4", "(2,)"), values = bytes_of<float>({1, 2});
  struct Case {
    std::string bytes;
    const char* message;
  };
  const Case cases[] = {
      {"", "is not an array in NumPy's format"},
      {"PK\x03\x04 a zip file", "is not an array in NumPy's format"},
      {good.substr(0, 20), "ends within its header"},
      {good + "x", "has 9 bytes of values, expected 8"},
      {good.substr(0, good.size() - 1), "has 7 bytes of values, expected 8"},
      {npy(header(">f4", "(2,)"), values), "has numbers of type '>f4', expected little-endian"},
      {npy(header("|O", "(2,)"), values), "has numbers of type '|O'"},
      {npy(header("<f4", "(4611686018427387904, 8)"), values), "has an impossible shape"},
      {npy(header("<f4", "(50, 50, 50)"), values), "has an impossible shape"},
      {npy(header("<f4", "2"), values), "has no shape"},
      {npy("{'descr': '<f4', 'shape': (2,), }", values), "has no 'fortran_order' in its header"},
      {npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }", values),
       "is in Fortran's order"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    const std::string message = refusal(c.bytes);
    EXPECT_THAT(message, HasSubstr(file_.string() + ": " + c.message));
    EXPECT_THAT(message, HasSubstr("; make it again"));
  }
  EXPECT_THROW(read_npy(folder_.path() / "none.npy", "make it"), workloads::DataError);
}

}  // namespace
}  // namespace timetrial::data
