#include "ui/shell/diagnostics.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/number_text.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QDate>
#include <QDialog>
#include <QDir>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLibraryInfo>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScreen>
#include <QSysInfo>
#include <QThread>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Diagnostics)
};

/// Without what a file or a person wrote (errors quote it) and without the home folder's name.
QString withoutPrivate(QString text) {
  static const QRegularExpression quoted(QStringLiteral("\"[^\"\\n]*\"|“[^”\\n]*”|「[^」\\n]*」|`[^`\\n]*`"));
  text.replace(quoted, QStringLiteral("\"…\""));
  for (const QString &home : {QDir::homePath(), QDir(QDir::homePath()).canonicalPath()})
    if (home.size() > 1) text.replace(home, QStringLiteral("~"));
  return text;
}

QString orDefault(const QString &text) { return text.isEmpty() ? QStringLiteral("default") : text; }

} // namespace

QString diagnosticsText(const DiagnosticFacts &facts) {
  QString report;
  const auto section = [&report](const char *title) {
    report += (report.isEmpty() ? QString() : QStringLiteral("\n")) + QLatin1String(title) + QLatin1Char('\n');
  };
  const auto line = [&report](const char *name, const QString &value) {
    report += QStringLiteral("  %1: %2\n").arg(QLatin1String(name), withoutPrivate(value));
  };
  section("Versions");
  line("Attune", QCoreApplication::applicationVersion());
  line("Qt", QLatin1String(qVersion()) + QStringLiteral(", built with ") + QLatin1String(QT_VERSION_STR));
  line("libtorch", facts.device && !facts.device->torch.empty() ? QString::fromStdString(facts.device->torch) : QStringLiteral("unknown"));
  line("system", QSysInfo::prettyProductName() + QStringLiteral(", kernel ") + QSysInfo::kernelVersion());
  line("processor type", QSysInfo::currentCpuArchitecture());
  section("Device");
  if (facts.device) {
    line("name", QString::fromStdString(facts.device->name));
    line("cores", QString::number(facts.device->cores));
    line("memory", bytesText(facts.device->memoryBytes));
    line("precision", QString::fromStdString(facts.device->precision));
  }
  line("engine", facts.device                    ? QStringLiteral("loaded")
                 : facts.engineFailure.isEmpty() ? QStringLiteral("not loaded yet")
                                                 : facts.engineFailure);
  section("Desktop");
  line("platform", QGuiApplication::platformName());
  line("session", orDefault(qEnvironmentVariable("XDG_CURRENT_DESKTOP")));
  for (const QScreen *screen : QGuiApplication::screens())
    line("screen", QStringLiteral("%1 × %2, scale %3, %4 dpi")
                       .arg(screen->size().width())
                       .arg(screen->size().height())
                       .arg(screen->devicePixelRatio())
                       .arg(screen->logicalDotsPerInch()));
  section("Settings");
  line("language", QStringLiteral("%1 (chosen: %2)").arg(facts.language, orDefault(facts.preferences.language)));
  line("theme", facts.dark ? QStringLiteral("dark") : QStringLiteral("light"));
  line("training threads", facts.preferences.threads == 0 ? QStringLiteral("every core") : QString::number(facts.preferences.threads));
  line("workspace", facts.workspace);
  line("runs", QString::number(facts.runs));
  section("Last errors");
  if (facts.errors.isEmpty()) report += QStringLiteral("  none\n");
  for (const QString &error : facts.errors) report += QStringLiteral("  %1\n").arg(withoutPrivate(error));
  return report;
}

void showDiagnostics(QWidget *parent, const QString &report, std::function<void(const QString &path, const QString &report)> save) {
  auto *dialog = new QDialog(parent);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("diagnostics"));
  dialog->setWindowTitle(Words::tr("Diagnostics"));
  auto *layout = new QVBoxLayout(dialog);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(12);
  QLabel *about = makeLabel(TextRole::Muted, dialog);
  about->setText(Words::tr("This is all that is saved: nothing of your data, prompts or runs. Read it before you pass it on."));
  about->setWordWrap(true);
  layout->addWidget(about);
  auto *text = new QPlainTextEdit(report, dialog);
  text->setReadOnly(true);
  text->setAccessibleName(Words::tr("Diagnostics"));
  setStyleProperty(text, "kind", QStringLiteral("mono"));
  layout->addWidget(text, 1);
  auto *buttons = new QHBoxLayout;
  QPushButton *copy = makeButton(ButtonKind::Normal, dialog);
  QPushButton *keep = makeButton(ButtonKind::Primary, dialog);
  QPushButton *close = makeButton(ButtonKind::Normal, dialog);
  copy->setText(Words::tr("Copy"));
  keep->setText(Words::tr("Save…"));
  close->setText(Words::tr("Close"));
  buttons->addWidget(copy);
  buttons->addStretch(1);
  buttons->addWidget(close);
  buttons->addWidget(keep);
  layout->addLayout(buttons);
  QObject::connect(copy, &QPushButton::clicked, dialog, [report] { QGuiApplication::clipboard()->setText(report); });
  QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::accept);
  QObject::connect(keep, &QPushButton::clicked, dialog, [dialog, report, save = std::move(save)] {
    const QString name = QStringLiteral("attune-diagnostics-%1.txt").arg(QDate::currentDate().toString(Qt::ISODate));
    pickSaveName(dialog, Words::tr("Save diagnostics"), name, Words::tr("Text (*.txt)"), [dialog, report, save](const QString &path) {
      save(path, report);
      dialog->accept();
    });
  });
  dialog->resize(680, 520);
  dialog->open();
}

} // namespace attune::ui
