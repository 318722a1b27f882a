// Finding and pressing a button as a person does: by what is written on it. GUI thread; QtTest.
#pragma once

#include <QPushButton>
#include <QtTest>

namespace attune::test {

inline QPushButton *button(const QWidget *in, const QString &name) {
  for (QPushButton *candidate : in->findChildren<QPushButton *>())
    if (candidate->isVisible() && candidate->isEnabled() && (candidate->text() == name || candidate->accessibleName() == name))
      return candidate;
  return nullptr;
}

inline void click(const QWidget *in, const char *name) {
  QPushButton *found = button(in, QLatin1String(name));
  QVERIFY2(found, name);
  QTest::mouseClick(found, Qt::LeftButton);
}

} // namespace attune::test
