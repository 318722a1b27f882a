#include "core/quant/dynamic_map.h"

#include "core/base/float_bits.h"
#include "core/base/nf4_code.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/embedding.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

namespace attune::core {

namespace {

/// The unsigned map without its ends, 0 and 1.
constexpr float kUnsigned[254] = {
    0x1.5cf754p-22F, 0x1.a0133p-21F,  0x1.1d367p-19F,  0x1.2599ecp-18F, 0x1.bc98a2p-18F, 0x1.29cbaap-17F, 0x1.0624dcp-16F, 0x1.c2e34p-16F,
    0x1.3fd0dp-15F,  0x1.9e3p-15F,    0x1.fc8f34p-15F, 0x1.2d7732p-14F, 0x1.5ca6c8p-14F, 0x1.8bd662p-14F, 0x1.0cb296p-13F, 0x1.82a994p-13F,
    0x1.f8a092p-13F, 0x1.374bc8p-12F, 0x1.724744p-12F, 0x1.ad42c6p-12F, 0x1.e83e44p-12F, 0x1.119ce2p-11F, 0x1.2f1aap-11F,  0x1.4c986p-11F,
    0x1.6a162p-11F,  0x1.8793dep-11F, 0x1.a511ap-11F,  0x1.c28f5ep-11F, 0x1.e00d1cp-11F, 0x1.fd8adcp-11F, 0x1.2b020cp-10F, 0x1.74bc6ap-10F,
    0x1.be76c8p-10F, 0x1.041894p-9F,  0x1.28f5c2p-9F,  0x1.4dd2fp-9F,   0x1.72b02p-9F,   0x1.978d4ep-9F,  0x1.bc6a8p-9F,   0x1.e147aep-9F,
    0x1.03126ep-8F,  0x1.158104p-8F,  0x1.27ef9ep-8F,  0x1.3a5e34p-8F,  0x1.4cccccp-8F,  0x1.5f3b64p-8F,  0x1.71a9fap-8F,  0x1.841894p-8F,
    0x1.96872ap-8F,  0x1.a8f5c2p-8F,  0x1.bb645cp-8F,  0x1.cdd2fp-8F,   0x1.e0418ap-8F,  0x1.f2b01ep-8F,  0x1.028f5cp-7F,  0x1.0bc6a8p-7F,
    0x1.14fdf2p-7F,  0x1.1e354p-7F,   0x1.276c8ap-7F,  0x1.30a3d6p-7F,  0x1.39db24p-7F,  0x1.43126ep-7F,  0x1.5eb854p-7F,  0x1.8ccccep-7F,
    0x1.bae146p-7F,  0x1.e8f5c4p-7F,  0x1.0b851ep-6F,  0x1.228f5ep-6F,  0x1.39999ap-6F,  0x1.50a3d6p-6F,  0x1.67ae16p-6F,  0x1.7eb852p-6F,
    0x1.95c28ep-6F,  0x1.accccep-6F,  0x1.c3d70ep-6F,  0x1.dae146p-6F,  0x1.f1eb86p-6F,  0x1.047aep-5F,   0x1.1p-5F,       0x1.1b851ep-5F,
    0x1.270a3ep-5F,  0x1.328f5ep-5F,  0x1.3e147ap-5F,  0x1.49999ap-5F,  0x1.551eb8p-5F,  0x1.60a3d6p-5F,  0x1.6c28f6p-5F,  0x1.77ae14p-5F,
    0x1.833334p-5F,  0x1.8eb85p-5F,   0x1.9a3d7p-5F,   0x1.a5c28ep-5F,  0x1.b147aep-5F,  0x1.bccccep-5F,  0x1.c851eep-5F,  0x1.d3d70ep-5F,
    0x1.df5c2ap-5F,  0x1.eae146p-5F,  0x1.f66666p-5F,  0x1.00f5c4p-4F,  0x1.06b854p-4F,  0x1.0c7ae2p-4F,  0x1.123d7p-4F,   0x1.18p-4F,
    0x1.1dc29p-4F,   0x1.23852p-4F,   0x1.2947aep-4F,  0x1.2f0a3ep-4F,  0x1.34cccep-4F,  0x1.3a8f5ep-4F,  0x1.4051ecp-4F,  0x1.46147cp-4F,
    0x1.4bd70ap-4F,  0x1.51999ap-4F,  0x1.575c2ap-4F,  0x1.5d1eb8p-4F,  0x1.62e148p-4F,  0x1.68a3d6p-4F,  0x1.6e6666p-4F,  0x1.7428f6p-4F,
    0x1.79eb86p-4F,  0x1.7fae16p-4F,  0x1.8570a4p-4F,  0x1.8b3334p-4F,  0x1.90f5c4p-4F,  0x1.96b852p-4F,  0x1.a8p-4F,      0x1.c4ccccp-4F,
    0x1.e1999ap-4F,  0x1.fe6666p-4F,  0x1.0d9998p-3F,  0x1.1cp-3F,      0x1.2a6668p-3F,  0x1.38ccccp-3F,  0x1.473334p-3F,  0x1.559998p-3F,
    0x1.64p-3F,      0x1.726668p-3F,  0x1.80ccccp-3F,  0x1.8f3334p-3F,  0x1.9d9998p-3F,  0x1.acp-3F,      0x1.ba6668p-3F,  0x1.c8ccccp-3F,
    0x1.d73334p-3F,  0x1.e59998p-3F,  0x1.f4p-3F,      0x1.013332p-2F,  0x1.086666p-2F,  0x1.0f999ap-2F,  0x1.16ccccp-2F,  0x1.1ep-2F,
    0x1.253334p-2F,  0x1.2c6666p-2F,  0x1.339998p-2F,  0x1.3accccp-2F,  0x1.42p-2F,      0x1.493334p-2F,  0x1.506666p-2F,  0x1.579998p-2F,
    0x1.5eccccp-2F,  0x1.66p-2F,      0x1.6d3334p-2F,  0x1.746666p-2F,  0x1.7b9998p-2F,  0x1.82ccccp-2F,  0x1.8ap-2F,      0x1.913334p-2F,
    0x1.986666p-2F,  0x1.9f9998p-2F,  0x1.a6ccccp-2F,  0x1.aep-2F,      0x1.b53334p-2F,  0x1.bc6666p-2F,  0x1.c39998p-2F,  0x1.caccccp-2F,
    0x1.d2p-2F,      0x1.d93334p-2F,  0x1.e06666p-2F,  0x1.e79998p-2F,  0x1.eeccccp-2F,  0x1.f6p-2F,      0x1.fd3332p-2F,  0x1.023334p-1F,
    0x1.05ccccp-1F,  0x1.096666p-1F,  0x1.0dp-1F,      0x1.109998p-1F,  0x1.143334p-1F,  0x1.17ccccp-1F,  0x1.1b6668p-1F,  0x1.1fp-1F,
    0x1.22999ap-1F,  0x1.263334p-1F,  0x1.29ccccp-1F,  0x1.2d6668p-1F,  0x1.31p-1F,      0x1.34999ap-1F,  0x1.383334p-1F,  0x1.3bccccp-1F,
    0x1.3f6668p-1F,  0x1.43p-1F,      0x1.46999ap-1F,  0x1.4a3334p-1F,  0x1.4dccccp-1F,  0x1.516668p-1F,  0x1.55p-1F,      0x1.58999ap-1F,
    0x1.5c3334p-1F,  0x1.5fccccp-1F,  0x1.636668p-1F,  0x1.67p-1F,      0x1.6a999ap-1F,  0x1.6e3334p-1F,  0x1.71ccccp-1F,  0x1.756668p-1F,
    0x1.79p-1F,      0x1.7c999ap-1F,  0x1.803334p-1F,  0x1.83ccccp-1F,  0x1.876668p-1F,  0x1.8bp-1F,      0x1.8e9998p-1F,  0x1.923334p-1F,
    0x1.95ccccp-1F,  0x1.996668p-1F,  0x1.9dp-1F,      0x1.a09998p-1F,  0x1.a43334p-1F,  0x1.a7ccccp-1F,  0x1.ab6668p-1F,  0x1.afp-1F,
    0x1.b29998p-1F,  0x1.b63334p-1F,  0x1.b9ccccp-1F,  0x1.bd6668p-1F,  0x1.c1p-1F,      0x1.c49998p-1F,  0x1.c83334p-1F,  0x1.cbccccp-1F,
    0x1.cf6668p-1F,  0x1.d3p-1F,      0x1.d69998p-1F,  0x1.da3334p-1F,  0x1.ddccccp-1F,  0x1.e16668p-1F,  0x1.e5p-1F,      0x1.e89998p-1F,
    0x1.ec3334p-1F,  0x1.efccccp-1F,  0x1.f36668p-1F,  0x1.f7p-1F,      0x1.fa9998p-1F,  0x1.fe3334p-1F,
};

Tensor tensorOf(const std::vector<float> &values) {
  return at::from_blob(const_cast<float *>(values.data()), {static_cast<int64_t>(values.size())}, at::TensorOptions().dtype(at::kFloat))
      .clone();
}

/// A table on another device, copied there once.
Tensor onDevice(const Tensor &table, const at::Device &device) {
  if (device.is_cpu()) return table;
  static std::mutex lock;
  static std::map<std::pair<const void *, int>, Tensor> copies;
  const std::lock_guard<std::mutex> hold(lock);
  Tensor &copy = copies[{table.const_data_ptr(), device.index()}];
  if (!copy.defined()) copy = table.to(device);
  return copy;
}

/// `codeOf` gives the code of a value in [-1, 1].
template <typename CodeOf> std::shared_ptr<const kernels::MomentMap> tablesOf(const Tensor &values, const Tensor &middles, CodeOf codeOf) {
  using kernels::MomentMap;
  auto tables = std::make_shared<MomentMap>();
  std::memcpy(tables->values, values.const_data_ptr(), sizeof tables->values);
  for (int32_t i = 0; i < 2 * MomentMap::kCells; ++i) {
    const bool negative = i >= MomentMap::kCells;
    const uint32_t first = static_cast<uint32_t>(MomentMap::kFirstCell + i % MomentMap::kCells) << 16;
    const auto codeAt = [&](uint32_t bits) { return codeOf(negative ? -fromBits(bits) : fromBits(bits)); };
    const auto low = static_cast<uint32_t>(codeAt(first)), high = static_cast<uint32_t>(codeAt(first | 0xFFFFu));
    uint32_t border = 0xFFFFu; // none: no lower half is greater
    if (low != high) {
      const float middle = middles.data_ptr<float>()[std::min(low, high)];
      border = (bitsOf(middle) & 0xFFFFu) - (negative ? 1 : 0); // a middle itself has the lower code, below zero that of what is greater
    }
    tables->cells[i] = border << 16 | high << 8 | low;
  }
  return tables;
}

} // namespace

DynamicMap::DynamicMap(Tensor values, bool isSigned) : m_values(std::move(values)), m_zero(isSigned ? 127 : 0), m_signed(isSigned) {
  const int64_t count = m_values.numel();
  m_middles = m_values.narrow(0, 0, count - 1).add(m_values.narrow(0, 1, count - 1)).div(2.0);
  m_tables = tablesOf(m_values, m_middles, [this](float value) {
    const float *begin = m_middles.data_ptr<float>();
    const int64_t code = std::lower_bound(begin, begin + m_middles.numel(), value) - begin;
    return m_signed && code == m_zero && value < 0.0F ? code - 1 : code;
  });
}

const DynamicMap &DynamicMap::signedMap() {
  static const DynamicMap map(tensorOf({nf4ScaleMap(), nf4ScaleMap() + kNf4MapSize}), true);
  return map;
}

const DynamicMap &DynamicMap::unsignedMap() {
  static const DynamicMap map = [] {
    std::vector<float> values = {0.0F};
    values.insert(values.end(), std::begin(kUnsigned), std::end(kUnsigned));
    values.push_back(1.0F);
    return DynamicMap(tensorOf(values), false);
  }();
  return map;
}

Tensor DynamicMap::decode(const Tensor &codes, const Tensor &scales) const {
  const Tensor table = onDevice(m_values, codes.device()).unsqueeze(1);
  const Tensor values = at::embedding(table, codes.to(at::kInt)).view({scales.numel(), -1});
  return values.mul_(scales.unsqueeze(1));
}

std::pair<Tensor, Tensor> DynamicMap::encode(const Tensor &values) const {
  const Tensor scales = values.abs().amax(1), unit = values.div(scales.clamp_min(1e-38).unsqueeze(1));
  Tensor codes = at::bucketize(unit, onDevice(m_middles, values.device()), /*out_int32=*/true);
  // bitsandbytes keeps the sign of what is nearest to zero from below.
  if (m_signed) codes.sub_(codes.eq(m_zero).logical_and_(unit.lt(0.0)).to(codes.scalar_type()));
  return {codes.view({-1}), scales};
}

} // namespace attune::core
