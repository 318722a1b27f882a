#include "core/nn/rotary_book.h"

#include "tests/nn/nn_support.h"

#include <ATen/ops/tensor.h>
#include <cmath>
#include <tuple>

using namespace attune;
using namespace attune::core;
using namespace attune::core::test;

namespace {

/// Rotation of one head in double, straight from the definition.
std::vector<double> naiveHead(const Tensor &head, int64_t position, int64_t dims, double theta, bool interleaved) {
  const Tensor wide = head.to(at::kDouble).contiguous();
  std::vector<double> out(wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel());
  const auto in = out;
  for (int64_t i = 0; i < dims / 2; ++i) {
    const double angle = static_cast<double>(position) * std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(dims));
    const auto first = static_cast<size_t>(interleaved ? 2 * i : i), second = static_cast<size_t>(interleaved ? 2 * i + 1 : i + dims / 2);
    out[first] = in[first] * std::cos(angle) - in[second] * std::sin(angle);
    out[second] = in[second] * std::cos(angle) + in[first] * std::sin(angle);
  }
  return out;
}

double errorAgainstNaive(const Tensor &rotated, const Tensor &x, const std::vector<int64_t> &positions, int64_t dims, double theta,
                         bool interleaved) {
  double worst = 0.0;
  for (int64_t n = 0; n < x.size(0); ++n) {
    for (int64_t h = 0; h < x.size(1); ++h) {
      const auto expected = naiveHead(x[n][h], positions[static_cast<size_t>(n)], dims, theta, interleaved);
      for (int64_t d = 0; d < x.size(2); ++d) {
        worst = std::max(worst, std::abs(expected[static_cast<size_t>(d)] - rotated[n][h][d].item<double>()));
      }
    }
  }
  return worst;
}

} // namespace

TEST_CASE("Rotation follows the definition: halves, pairs, part of the head, strided views") {
  // Silent bug 5: give applyRotary `!interleaved` here and the test fails (by about 1).
  const std::vector<int64_t> positionList{0, 1, 2, 33, 40, 5};
  const Tensor positions = at::tensor(positionList);
  for (const bool interleaved : {false, true}) {
    for (const int64_t dims : {int64_t{64}, int64_t{32}, int64_t{6}}) {
      io::RopeConfig rope;
      rope.theta = 1e5;
      rope.rotaryDims = dims;
      const auto tables = rotaryTables(rope, 64, 50, at::Device(at::kCPU));
      const Tensor packed = random({6, 5 * 64}, 3);
      const Tensor x = packed.unflatten(1, {5, 64}).narrow(1, 1, 3);
      for (const bool plain : {false, true}) {
        setPlainKernels(plain);
        const Tensor y = applyRotary(x, positions, tables, interleaved);
        setPlainKernels(false);
        CHECK(y.is_contiguous());
        CHECK(errorAgainstNaive(y, x, positionList, dims, 1e5, interleaved) < 1e-5);
        CHECK(errorAgainstNaive(y, x, positionList, dims, 1e5, !interleaved) > 0.1);
      }
    }
  }
}

TEST_CASE("Rotation's gradient is the rotation back") {
  io::RopeConfig rope;
  const auto tables = rotaryTables(rope, 16, 40, at::Device(at::kCPU));
  const Tensor positions = at::arange(3, 12, at::TensorOptions().dtype(at::kLong));
  for (const bool interleaved : {false, true}) {
    const auto f = [&](const std::vector<Tensor> &v) { return applyRotary(v[0], positions, tables, interleaved); };
    CHECK(finiteDifferenceError(f, {random({9, 2, 16}, 1)}) < 1e-7);
    checkAgainstDouble(f, {random({9, 2, 16}, 1)}, 1e-6);
    checkAgainstDouble(f, {random({9, 2, 16}, 1).to(at::kBFloat16)}, 2e-2);
  }
}

TEST_CASE("Linear scaling divides positions, a table divides each frequency, Llama 3 scaling keeps high ones and slows low ones") {
  io::RopeConfig rope;
  rope.theta = 5e5;
  const auto plain = rotaryTables(rope, 64, 2000, at::Device(at::kCPU));
  rope.scaling = "linear";
  rope.factor = 4.0;
  const auto linear = rotaryTables(rope, 64, 2000, at::Device(at::kCPU));
  CHECK(relativeError(linear.sin[400], plain.sin[100]) < 1e-4);
  rope.scaling = "divisors";
  rope.divisors = std::vector<float>(32, 1.0f);
  rope.divisors[5] = 4.0f;
  const auto table = rotaryTables(rope, 64, 2000, at::Device(at::kCPU));
  CHECK(table.sin[400][5].item<double>() == doctest::Approx(plain.sin[100][5].item<double>()).epsilon(1e-4));
  CHECK(table.sin.select(1, 6).equal(plain.sin.select(1, 6)));
  rope.scaling = "llama3";
  rope.factor = 8.0;
  rope.lowFrequencyFactor = 1.0;
  rope.highFrequencyFactor = 4.0;
  rope.originalContext = 8192;
  const auto llama = rotaryTables(rope, 64, 2000, at::Device(at::kCPU));
  CHECK(llama.sin[7][0].item<float>() == plain.sin[7][0].item<float>());
  // The slowest pair turns eight times slower.
  CHECK(llama.sin[1600][31].item<double>() == doctest::Approx(plain.sin[200][31].item<double>()).epsilon(1e-4));
  rope.scaling = "unheard of";
  CHECK_THROWS(rotaryTables(rope, 64, 10, at::Device(at::kCPU)));
}

TEST_CASE("Scaling that looks at the length takes each row's own, or one for all rows") {
  io::RopeConfig rope;
  rope.scaling = "longrope";
  rope.originalContext = 4;
  rope.divisors = std::vector<float>(4, 1.0f);
  rope.longDivisors = std::vector<float>(4, 8.0f);
  RotaryBook book(rope, 8);
  const std::vector<int64_t> starts = {0, 3, 9}, positions = {0, 1, 2, 0, 1, 2, 3, 4, 5}; // a short row and a long one
  const Tensor rows = at::tensor(positions);
  const auto sines = [&](int64_t length) {
    const RotaryTurn turn = book.segments(starts, positions, rows, length);
    return turn.tables.sin.index_select(0, turn.positions);
  };
  const Tensor own = sines(0), all = sines(6), none = sines(3);
  const double plain = std::sin(2.0), slowed = std::sin(2.0 / 8);
  for (const auto &[table, shortRow, longRow] : {std::tuple(own, plain, slowed), {all, slowed, slowed}, {none, plain, plain}}) {
    CHECK(table[2][0].item<double>() == doctest::Approx(shortRow).epsilon(1e-5));
    CHECK(table[5][0].item<double>() == doctest::Approx(longRow).epsilon(1e-5));
  }
}
