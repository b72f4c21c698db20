"""A strategy that does nothing: what a step costs by itself (`optimizer-bench external`), and where to begin."""

from optimizer_host import serve


def run(request):
    return {}


if __name__ == "__main__":
    serve(run)
