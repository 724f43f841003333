import inspect

from sensorium.core import errors


def test_each_branch_has_the_exit_code_of_the_command_line() -> None:
    codes: dict[type[errors.SensoriumError], int] = {
        errors.SensoriumError: 1,
        errors.UsageError: 2,
        errors.InputError: 3,
        errors.ModelError: 4,
    }
    classes = vars(errors).values()
    kinds = [each for each in classes if inspect.isclass(each) and issubclass(each, errors.SensoriumError)]
    assert kinds
    for kind in kinds:
        branch = next(each for each in reversed(codes) if issubclass(kind, each))
        assert kind.exit_code == codes[branch], kind
        assert kind.__doc__
