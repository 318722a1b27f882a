#include "core/base/nf4_code.h"

#include <array>
#include <cstddef>

namespace attune {

namespace {

/// The positive half below 1; the negative half mirrors it, and 0 and 1 stand by themselves.
constexpr float kPositive[127] = {
    0x1.27476ep-21F, 0x1.b43528p-19F, 0x1.040bfep-17F, 0x1.64840cp-16F, 0x1.6f0068p-15F, 0x1.15df66p-14F, 0x1.743e96p-14F, 0x1.47ae16p-13F,
    0x1.19ce0ap-12F, 0x1.8fc506p-12F, 0x1.02de02p-11F, 0x1.3dd982p-11F, 0x1.78d500p-11F, 0x1.b3d07cp-11F, 0x1.eecbfep-11F, 0x1.4fdf3ap-10F,
    0x1.e353f8p-10F, 0x1.3b645ap-9F,  0x1.851eb8p-9F,  0x1.ced914p-9F,  0x1.0c49bap-8F,  0x1.3126e8p-8F,  0x1.56041ap-8F,  0x1.7ae148p-8F,
    0x1.9fbe76p-8F,  0x1.c49ba6p-8F,  0x1.e978d4p-8F,  0x1.072b02p-7F,  0x1.19999ap-7F,  0x1.2c0830p-7F,  0x1.3e76c8p-7F,  0x1.75c290p-7F,
    0x1.d1eb86p-7F,  0x1.170a3ep-6F,  0x1.451ebap-6F,  0x1.733334p-6F,  0x1.a147aep-6F,  0x1.cf5c2ap-6F,  0x1.fd70a4p-6F,  0x1.15c290p-5F,
    0x1.2ccccep-5F,  0x1.43d70ap-5F,  0x1.5ae146p-5F,  0x1.71eb86p-5F,  0x1.88f5c2p-5F,  0x1.a00000p-5F,  0x1.b70a3ep-5F,  0x1.ce147ap-5F,
    0x1.e51ebap-5F,  0x1.fc28f6p-5F,  0x1.09999ap-4F,  0x1.151ebap-4F,  0x1.20a3d6p-4F,  0x1.2c28f6p-4F,  0x1.37ae14p-4F,  0x1.433334p-4F,
    0x1.4eb854p-4F,  0x1.5a3d70p-4F,  0x1.65c290p-4F,  0x1.7147aep-4F,  0x1.7ccccep-4F,  0x1.8851eep-4F,  0x1.93d70ap-4F,  0x1.b66668p-4F,
    0x1.f00000p-4F,  0x1.14ccccp-3F,  0x1.31999ap-3F,  0x1.4e6666p-3F,  0x1.6b3334p-3F,  0x1.880000p-3F,  0x1.a4ccccp-3F,  0x1.c1999ap-3F,
    0x1.de6666p-3F,  0x1.fb3332p-3F,  0x1.0c0000p-2F,  0x1.1a6668p-2F,  0x1.28ccccp-2F,  0x1.373334p-2F,  0x1.459998p-2F,  0x1.540000p-2F,
    0x1.626666p-2F,  0x1.70ccccp-2F,  0x1.7f3334p-2F,  0x1.8d9998p-2F,  0x1.9c0000p-2F,  0x1.aa6666p-2F,  0x1.b8ccccp-2F,  0x1.c73334p-2F,
    0x1.d59998p-2F,  0x1.e40000p-2F,  0x1.f26664p-2F,  0x1.006666p-1F,  0x1.079998p-1F,  0x1.0eccccp-1F,  0x1.160000p-1F,  0x1.1d3334p-1F,
    0x1.246668p-1F,  0x1.2b999ap-1F,  0x1.32ccccp-1F,  0x1.3a0000p-1F,  0x1.413334p-1F,  0x1.486668p-1F,  0x1.4f999ap-1F,  0x1.56ccccp-1F,
    0x1.5e0000p-1F,  0x1.653334p-1F,  0x1.6c6668p-1F,  0x1.73999ap-1F,  0x1.7accccp-1F,  0x1.820000p-1F,  0x1.893334p-1F,  0x1.906666p-1F,
    0x1.97999ap-1F,  0x1.9eccccp-1F,  0x1.a60000p-1F,  0x1.ad3334p-1F,  0x1.b46666p-1F,  0x1.bb999ap-1F,  0x1.c2ccccp-1F,  0x1.ca0000p-1F,
    0x1.d13334p-1F,  0x1.d86666p-1F,  0x1.df999ap-1F,  0x1.e6ccccp-1F,  0x1.ee0000p-1F,  0x1.f53334p-1F,  0x1.fc6666p-1F};

} // namespace

const float *nf4ScaleMap() {
  static const auto map = [] {
    std::array<float, kNf4MapSize> values{};
    for (size_t i = 0; i < 127; ++i) {
      values[126 - i] = -kPositive[i];
      values[128 + i] = kPositive[i];
    }
    values[255] = 1.0F;
    return values;
  }();
  return map.data();
}

} // namespace attune
