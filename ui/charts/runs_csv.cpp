#include "ui/charts/runs_csv.h"

#include <QSaveFile>
#include <QTextStream>

#include <cmath>

namespace attune::ui {

bool writeRunsCsv(const QString &path, const std::vector<NamedSteps> &runs) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly | QIODevice::Text)) return false;
  QTextStream out(&file);
  out << "run,step,tokens,seconds,loss,learning_rate,gradient_norm,tokens_per_second,memory_bytes\n";
  out.setRealNumberPrecision(10);
  for (const auto &[runName, steps] : runs) {
    QString name = runName;
    name.replace(QLatin1Char('"'), QLatin1String("\"\""));
    if (!name.isEmpty() && QStringLiteral("=+-@").contains(name.front())) name.prepend(QLatin1Char('\'')); // no formula for a spreadsheet
    for (size_t i = 0; i < steps.step.size(); ++i) {
      out << '"' << name << "\"," << static_cast<qint64>(steps.step[i]) << ',' << static_cast<qint64>(steps.tokens[i]) << ','
          << steps.time[i] - steps.time.front() << ',' << steps.loss[i] << ',' << steps.lr[i] << ',' << steps.gradNorm[i] << ','
          << steps.tokensPerSecond[i] << ',';
      if (std::isfinite(steps.memory[i])) out << static_cast<qint64>(steps.memory[i]);
      out << '\n';
    }
  }
  out.flush();
  return file.commit();
}

} // namespace attune::ui
