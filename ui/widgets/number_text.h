// Numbers as people read them, in the language of the program: bytes, durations, counts, rates. Pure functions.
#pragma once

#include <QString>

namespace attune::ui {

/// "9.8 GiB", "512 MiB", "0 bytes"; a dash for a negative (unknown) value.
QString bytesText(qint64 bytes);
/// "38 min", "2 h 10 min", "45 s".
QString durationText(double seconds);
/// "1,125".
QString countText(qint64 count);
/// Four significant digits at most: "1.83", "0.0421", "2e-4".
QString numberText(double value);
/// "97.4 %" for 0.974; 0 and 100 only for what is nearly that.
QString percentText(double share);
/// "2e-4", as learning rates are written.
QString rateText(double value);
/// Local time: "14:05" today, else "24 Nov 14:05"; `seconds` since the epoch, UTC.
QString timeText(double seconds);

} // namespace attune::ui
